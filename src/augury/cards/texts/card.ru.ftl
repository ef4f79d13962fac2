reason-as-written = { $text }
count = { $value }
percent = { $value } %
card-title = { $model }: карточка модели
card = Карточка модели
card-class = Предсказывает класс { $target } по { $columns ->
    [one] { $columns } столбцу
   *[other] { $columns } столбцам
}. Обучена { $day } на { $rows ->
    [one] { $rows } строке
   *[other] { $rows } строках
} таблицы { $table }.
card-number = Предсказывает число { $target } по { $columns ->
    [one] { $columns } столбцу
   *[other] { $columns } столбцам
}. Обучена { $day } на { $rows ->
    [one] { $rows } строке
   *[other] { $rows } строках
} таблицы { $table }.
card-interrupted = Обучение прервали.
card-scores = Насколько она хороша
card-score = оценка
card-this-model = эта модель
card-interval = интервал 95 %
card-baseline = для сравнения
card-measured = Измерено на { $rows ->
    [one] { $rows } строке, которая не участвовала
   *[other] { $rows } строках, которые не участвовали
} ни в одном выборе. Интервал получен по 400 повторным выборкам. Для сравнения взят ответ: { $baseline }.
card-lower-is-better = { $score } (чем меньше, тем лучше)
score-auc = AUC
score-accuracy = доля верных ответов
score-macro-f1 = macro-F1
score-logloss = логарифмическая потеря
score-calibration-error = ошибка калибровки
score-rmse = RMSE
score-mae = средняя абсолютная ошибка
score-r2 = R²
card-threshold = Порог
card-threshold-is = Ответ — { $positive }, если вероятность выше { $value }. Ошибочно дать этот ответ стоит { $wrong }, пропустить — { $missed }.
card-threshold-cost = Цена на строку проверки: { $cost }; с порогом { $half } она { $athalf }, а если давать всем строкам более дешёвый ответ — { $always }.
card-importance = Какие признаки важны
card-calibration = Можно ли верить её вероятностям?
card-calibration-said = Точки на диагонали — надёжные вероятности. Чем больше точка, тем больше строк.
card-residuals = Настоящие и предсказанные числа
card-confusion = Что она путает
card-curve = Кривая обучения
card-curve-said = Средняя потеря по частям в зависимости от числа деревьев. Яркая линия — строки, на которых модель не училась, бледная — на которых училась. В модели { $trees ->
    [one] { $trees } дерево
    [few] { $trees } дерева
   *[many] { $trees } деревьев
} ({ $settings }).
card-data = На чём она обучена
card-table = таблица
card-table-is = { $table }, { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[many] { $rows } строк
}
card-split = разделение
card-scores-are = обучение на { $train ->
    [one] { $train } строке
   *[other] { $train } строках
}, проверка на { $test }
card-scores-term = оценки
card-training = обучение
card-training-is = { $seconds } с, закончено { $when }
card-columns = Столбцы
card-column = столбец
card-used-as = как используется
card-why = почему
card-missing = пропусков
card-importance-term = важность
kind-number = число
kind-category = категория
kind-text = текст
kind-date = дата
kind-skip = не используется
plot-importance = Важность признаков
plot-calibration = Калибровка
plot-said = предсказанная вероятность
plot-seen = наблюдаемая доля
plot-bin = { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[many] { $rows } строк
}: предсказано { $said }, наблюдалось { $seen }
plot-residuals = Настоящие числа и предсказанные
plot-predicted = предсказанные
plot-true = настоящие: среднее, и где лежат 80 %
plot-curve = Кривая обучения
plot-trees = деревья
plot-loss-logloss = логарифмическая потеря
plot-loss-multiclass = логарифмическая потеря
plot-loss-rmse = RMSE
plot-confusion = верно ↓   ответ →
plot-others = другие
