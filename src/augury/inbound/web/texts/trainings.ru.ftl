desk-trainings = Обучение
desk-trainings-none = Здесь ещё ничего не обучали. Отправьте таблицу ниже.
desk-train = Обучить модель
desk-train-lead = Отправьте таблицу с примерами. Обработчик выяснит, как использовать её столбцы, обучит модель, которая предсказывает один из них, и измерит её качество на строках, которых она не видела.
desk-training-target = Предсказываемый столбец
desk-training-target-said = Его название, как в первой строке таблицы.
desk-training-more = Другие настройки
desk-training-kinds = Виды столбцов
desk-training-kinds-said = Только для столбцов, которые надо использовать не так, как они выглядят: на каждой строке СТОЛБЕЦ=ВИД, где вид — { $kinds }.
desk-training-kind-found = Определить по таблице
desk-training-kind-number = Число
desk-training-kind-category = Категория
desk-training-kind-text = Текст
desk-training-kind-date = Дата
desk-training-kind-skip = Не использовать
desk-training-task = Что предсказывать
desk-training-task-classes = Один из нескольких классов
desk-training-task-number = Число
desk-training-time = Столбец времени
desk-training-time-said = Проверкой станут последние 20 % строк по этому столбцу.
desk-training-group = Столбец группы
desk-training-group-said = Строки с одинаковым значением этого столбца, например одного клиента, целиком попадут в проверку или останутся вне её. Укажите столбец времени или столбец группы, но не оба.
desk-training-positive = Главный класс
desk-training-positive-said = Тот из двух классов, чья вероятность важна.
desk-training-cost = Цена двух ошибок
desk-training-cost-said = Ложной тревоги и пропуска, например 1:5. Она определяет порог.
desk-training-seconds = Сколько секунд это может занять
desk-training-bytes = Размер таблицы в байтах
desk-training-file = Таблица (CSV или Parquet)
desk-training-of = Обучение модели { $name }
desk-training-plan = Настройки
desk-training-queued = Ждёт обработчика
desk-training-training = Идёт обучение
desk-training-ready = Готово
desk-training-refused = Отказано
desk-training-failed = Не удалось
desk-training-canceled = Отменено
desk-training-stopping = Закончится с лучшей на этот момент моделью
desk-training-left = { $seconds ->
    [one] осталась примерно { $seconds } секунда
    [few] осталось примерно { $seconds } секунды
   *[many] осталось примерно { $seconds } секунд
}
desk-training-finished = Закончено
desk-training-cancel = Закончить сейчас
desk-training-cancel-said = Лучшая на этот момент модель сохранится. Если её ещё нет, ничего не появится.
desk-training-version = Версия { $model }
desk-training-found = Что нашлось в таблице
desk-done-table-sent = Таблица получена. Обработчик обучит по ней модель.
desk-done-trained-before = Эту таблицу с этими настройками уже обучали. Вот то обучение.
desk-done-training-ends = Вы закончили обучение раньше срока. Лучшая на этот момент модель сохраняется, если она уже есть.
found-column = { $name }: { $kind } ({ $why })
found-as-you-said = как вы сказали
found-constant = одно и то же значение в каждой строке: { $value }
found-empty = пусто
found-numbers = { $count ->
    [one] { $count } разное число
    [few] { $count } разных числа
   *[many] { $count } разных чисел
}
found-dates = { $count ->
    [one] { $count } разная дата
    [few] { $count } разные даты
   *[many] { $count } разных дат
}
found-values = { $count ->
    [one] { $count } разное значение
    [few] { $count } разных значения
   *[many] { $count } разных значений
}
found-beside-text = разных значений { $count }: слишком много, чтобы быть категорией рядом с текстом
found-words = тексты в среднем из { $count ->
    [one] { $count } слова
   *[other] { $count } слов
}
found-own-value = похоже на номер: (почти) в каждой строке своё значение, которое модель могла бы только запомнить
found-id-name = похоже на номер по названию: (почти) в каждой строке своё число
found-counts-rows = похоже на номер: считает строки
found-range = похоже на номер: каждое число ряда встречается один раз
found-two-readings = даты вида 11/10/2026 читаются двояко: пишите 2026-11-10
found-answer = выдаёт ответ: каждому его значению соответствует ровно один ответ, и наоборот
found-unanswered = { $count ->
    [one] { $count } строка без ответа не учитывается
    [few] { $count } строки без ответа не учитываются
   *[many] { $count } строк без ответа не учитываются
}
found-rare = классы, у которых меньше { $least } строк, не учитываются: { $classes }
found-split = строк для обучения: { $train }, для проверки: { $test }; { $how }
found-by-chance = для проверки случайно взяты { $share } % строк; { $rest }
found-by-time = для проверки взяты последние по времени { $share } % строк; { $rest }
found-groups = строки одной группы остаются вместе; { $rest }
found-duplicates = повторов других строк: { $share }%, они остаются вместе с ними
found-few-rows = повторы не держатся вместе: разных строк мало
