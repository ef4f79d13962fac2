desk-trainings = Обучение
desk-trainings-none = Здесь ещё ничего не обучали. Отправьте таблицу ниже.
desk-train = Обучить модель
desk-train-lead = Отправьте таблицу с примерами. Обработчик выяснит, как использовать её столбцы, обучит модель, которая предсказывает один из них, и измерит её качество на строках, которых она не видела.
desk-training-target = Предсказываемый столбец
desk-training-target-said = Его название, как в первой строке таблицы.
desk-training-more = Другие настройки
desk-training-kinds = Виды столбцов
desk-training-kinds-said = Только для столбцов, которые надо использовать не так, как они выглядят. На каждой строке один столбец: СТОЛБЕЦ=ВИД. Виды: { $kinds }.
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
desk-training-positive = Положительный класс
desk-training-positive-said = Тот из двух классов, который модель должна находить.
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
desk-done-trained-before = По этой таблице с этими настройками модель уже обучали. Вот это обучение.
desk-done-training-ends = Вы закончили обучение раньше срока. Лучшая на этот момент модель сохраняется, если она уже есть.
