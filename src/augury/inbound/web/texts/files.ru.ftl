file-new = Предсказания для файла
file-lead = Отправьте таблицу: одна строка — одно предсказание. Платите только за посчитанные строки.
file-max-price = Максимальная цена в кредитах
file-max-price-said = Пусто — любая цена. Файл дороже не принимается, и ничего не списывается.
file = Файл
file-said = CSV с именами столбцов в первой строке, JSON Lines или Parquet; можно сжать gzip. Столбцы, которых модель не знает, вернутся вместе с ответами.
file-send = Отправить файл
file-of = Файл для { $model }
file-progress = Посчитано строк: { $done } из { $rows }{ $failed ->
    [0] {""}
   *[other] , не удалось: { $failed }
}
file-ends-in = { $seconds ->
    [0] Осталось мгновение. Страницу можно закрыть.
    [one] Осталась примерно { $seconds } секунда. Страницу можно закрыть.
    [few] Осталось примерно { $seconds } секунды. Страницу можно закрыть.
   *[other] Осталось примерно { $seconds } секунд. Страницу можно закрыть.
}
file-first-rows = Первые строки
preview-exact = Строк: {"{rows}"}. Цена в кредитах: {"{price}"}.
preview-about = Строк: около {"{rows}"}. Цена в кредитах: около {"{price}"}.
preview-encoding = Прочитано как {"{encoding}"}: если буквы выглядят неверно, сохраните файл в UTF-8.
preview-columns = Это столбцы. Значения будут видны после отправки файла.
preview-least = Строк: около {"{rows}"}. Цена в кредитах: не меньше {"{price}"}, за длинные тексты больше.
file-more-errors = { $count ->
    [one] Ещё { $count } строка здесь не показана. В скачанном файле есть все.
    [few] Ещё { $count } строки здесь не показаны. В скачанном файле есть все.
   *[other] Ещё { $count } строк здесь не показано. В скачанном файле есть все.
}
column-row = Строка
format-csv = CSV
format-ndjson = JSON Lines
format-parquet = Parquet
file-download = Скачать { $format }
file-part-ended = эта часть файла завершена: { $status }
files-none = Вы ещё не отправляли файлов.
column-rows = Строки

credits = { $credits ->
    [one] { $credits } кредит
    [few] { $credits } кредита
   *[other] { $credits } кредитов
}
available = Доступно
held = Зарезервировано для незавершённых предсказаний
held-by = Для чего зарезервировано
debt = Долг за возвращённый платёж
statement = Выписка
statement-csv = Скачать последние 1000 строк как CSV
statement-none = Движений кредитов ещё не было.
usage = Расход
usage-lead = Сколько стоили предсказания за последние 30 дней, по дням (UTC) и моделям.
usage-cut = Учтены только последние { $most } предсказаний.
usage-chart = Кредиты по дням и моделям; те же числа — в таблице ниже
usage-none = За последние 30 дней предсказаний не было.
top-up = Получить кредиты
top-up-lead = Введите промокод или обратитесь к владельцу сервиса.
top-up-by-bot = В чате с ботом @{ $bot } кредиты можно купить за звёзды Telegram. Чат должен быть привязан к этому аккаунту: смотрите страницу «Аккаунт».
promo-code = Промокод
redeem = Активировать
redeemed = { $credits ->
    [one] Вы получили { $credits } кредит.
    [few] Вы получили { $credits } кредита.
   *[other] Вы получили { $credits } кредитов.
}
column-what = Запись
column-change = Изменение
column-after = Доступно
column-day = День
transfer-top-up = Пополнение: { $amount }
transfer-grant = Бесплатные кредиты: { $amount }
transfer-hold = Зарезервировано для предсказания: { $amount }
transfer-capture = Списано за предсказание: { $amount }
transfer-release = Больше не зарезервировано: { $amount }
transfer-refund = Возвращено: { $amount }
transfer-reversal = Отозвано: { $amount }
transfer-merge = Перенесено при привязке чата: { $amount }
transfer-split = Перенесено при отвязке чата: { $amount }
transfer-debt = Долг: { $amount }
transfer-repayment = Долг погашен: { $amount }
transfer-write-off = Долг списан: { $amount }
