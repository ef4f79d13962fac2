skip = К содержанию
nav-main = Главное меню
nav-predictions = Предсказания
nav-files = Файлы
nav-money = Кредиты
nav-account = Аккаунт
nav-sign-in = Войти
nav-sign-out = Выйти
nav-register = Регистрация
sign-in-now = Войти
register-now = Зарегистрироваться
nav-api = API для программ
request-id = Запрос { $id }
sign-in = Вход
register = Регистрация
email = Адрес e-mail
password = Пароль
password-rule = Не меньше 8 символов.
no-account-yet = Ещё нет аккаунта?
account-already = Уже есть аккаунт?
start-title = Предсказания за кредиты
start-lead = Выберите модель, дайте ей данные и через мгновение получите ответ.
start-no-models = Моделей пока нет. Администратор может добавить модель командой `augury model add`.
start-no-description = У этой модели нет описания.
price-of-row = { $price ->
    [0] Бесплатно
    [one] { $price } кредит за строку
    [few] { $price } кредита за строку
   *[other] { $price } кредитов за строку
}
problem-title = Не получилось
problem-back-to-page = Назад к странице
problem-back = На главную
problem-forged = Ничего не изменилось: форма устарела, или вы с тех пор вошли в аккаунт или вышли из него. Вернитесь на страницу, войдите, если это нужно, и отправьте форму ещё раз.
problem-unavailable = Сервис занят или перезапускается. Попробуйте через минуту.
problem-not-a-guest-s-prediction = Без аккаунта такого предсказания здесь не делали. Если оно из вашего аккаунта, войдите.
problem-missing = Такой страницы нет.
problem-too-large = Это слишком много данных.
problem-not-whole = «{ $typed }» — не целое число. Вернитесь и напишите его одними цифрами. Ничего не изменилось.
problem-not-offered = «{ $typed }» — такого варианта на этой странице нет. Вернитесь и выберите другой. Ничего не изменилось.
problem-too-long = Один из текстов длиннее { $most } символов. Вернитесь и сократите его. Ничего не изменилось.
problem-unreadable = Запрос не удалось прочитать.
problem-failed = Что-то пошло не так на нашей стороне. Ошибка записана в журнал.

start-guest = Попробовать можно без аккаунта.
start-run-example = Запустить пример
start-try = Попробовать
price-of-text = { $price ->
    [one] { $price } кредит за килобайт текста
    [few] { $price } кредита за килобайт текста
   *[other] { $price } кредитов за килобайт текста
}
you-have = { $credits ->
    [one] У вас { $credits } кредит.
    [few] У вас { $credits } кредита.
   *[other] У вас { $credits } кредитов.
}
guest-has = { $credits ->
    [0] Войдите, чтобы получить предсказание.
    [one] Без аккаунта у вас { $credits } бесплатный кредит в день.
    [few] Без аккаунта у вас { $credits } бесплатных кредита в день.
   *[other] Без аккаунта у вас { $credits } бесплатных кредитов в день.
}
choose = Выберите
empty-category = (пусто)
hint-embedding = { $length ->
    [0] Список чисел, например [0.1, -2, 3]
    [one] Список из { $length } числа, например [0.1]
   *[other] Список из { $length } чисел, например [0.1, -2, 3]
}
hint-date = Дата, например 2026-11-28. Оставьте пустым, если её нет.
hint-may-be-empty = Оставьте пустым, если значения нет.
explain-too = { $price ->
    [0] Объяснить ответ, бесплатно
    [one] Объяснить ответ, ещё за { $price } кредит
    [few] Объяснить ответ, ещё за { $price } кредита
   *[other] Объяснить ответ, ещё за { $price } кредитов
}
predict = Предсказать
many-rows = Предсказания для файла со многими строками
example-text = Доставили быстро, мне очень понравилось!
number-has-two-readings = Это может значить { $one } или { $other }. Напишите без разделителя тысяч.

fault-not-an-object = нужен объект
fault-missing = нет значения
fault-unknown = у модели нет такого признака
fault-not-a-number = нужно число
fault-null = нужно число: пропусков модель не допускает
fault-not-finite = нужно число в допустимых пределах
fault-not-a-category = нужен текст
fault-not-64-bit = нужно число в допустимых пределах
fault-not-a-text = нужен текст
fault-not-an-embedding = нужен список из стольких чисел, сколько принимает модель, например [0.1, -2, 3]
fault-not-a-date = нужна дата, например 2026-11-28
fault-too-long = слишком длинное значение
fault-not-storable = есть символы, которые нельзя сохранить
fault-not-explained = объяснение не сходится с предсказанием, поэтому ответа нет и кредиты не списаны
fault-not-predicted = эту строку модель посчитать не смогла
doubt-unseen-category = на такой категории модель не училась
doubt-unseen-null = нет значения, а при обучении модели оно было всегда
doubt-crossed-quantiles = модель оценила квантиль ниже, чем квантиль с меньшей долей
doubt-more = { $count ->
    [one] ещё { $count } предупреждение не показано
    [few] ещё { $count } предупреждения не показаны
   *[other] ещё { $count } предупреждений не показано
}
about-field = { $field }: { $sentence }

status-queued = В очереди
status-processing = Выполняется
status-succeeded = Готово
status-failed = Не удалось
status-canceled = Отменено
status-expired = Срок истёк
queued-lead = { $price ->
    [0] Ответ появится здесь. Страницу можно закрыть: ничего не пропадёт.
    [one] Зарезервирован { $price } кредит. Ответ появится здесь. Страницу можно закрыть: ничего не пропадёт.
    [few] Зарезервировано { $price } кредита. Ответ появится здесь. Страницу можно закрыть: ничего не пропадёт.
   *[other] Зарезервировано { $price } кредитов. Ответ появится здесь. Страницу можно закрыть: ничего не пропадёт.
}
failure-no-valid-row = Ни одна строка не подошла модели. Кредиты не списаны.
failure-model-unavailable = Модель сейчас недоступна. Кредиты не списаны.
failure-too-many-attempts = Несколько попыток не удались. Кредиты не списаны.
failure-input-gone = Строки больше не хранятся. Кредиты не списаны.
answer-forgotten = Данные и ответ удалены.
answer-unsure = Модель не уверена.
answer-no-label = Ничего
answer-independent = У каждой метки своя вероятность, поэтому в сумме они не дают 100 %.
answer-deviation = Стандартное отклонение { $deviation }
answer-rank = Место { $rank } в группе
value-mean = Ожидаемое значение
value-median = Медиана
value-quantile = Квантиль { $alpha }
value-expectile = Экспектиль { $alpha }
value-typical = Типичное значение
value-rate = Ожидаемое число событий
value-log-hazard = Логарифм относительного риска
value-score = Оценка без единицы измерения
value-unknown = Значение в единицах обучающих данных
figure = { $value }
percent = { NUMBER($share, maximumFractionDigits: 1) } %
number = { $value }
increase = +{ $value }
decrease = −{ $value }
get-credits = Получить кредиты
row = Строка { $row }
rows = { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[other] { $rows } строк
}
rows-shown = Показаны первые { $shown } из { $rows ->
    [one] { $rows } строки
   *[other] { $rows } строк
}.
price-changed = За это время цена изменилась, поэтому предсказания нет и ничего не списано. Отправьте форму ещё раз, если согласны с новой ценой.
probabilities = Вероятности
explanation-alt = Почему: от среднего, признак за признаком, до ответа
warnings = Обратите внимание
errors = Не посчитано и не оплачено
timeline = Что произошло
timeline-accepted = { $price ->
    [0] Принято, бесплатно:
    [one] Принято, зарезервирован { $price } кредит:
    [few] Принято, зарезервировано { $price } кредита:
   *[other] Принято, зарезервировано { $price } кредитов:
}
timeline-started = Начато:
timeline-charged = { $charged ->
    [0] Кредиты не списаны.
    [one] Списан { $charged } кредит.
    [few] Списано { $charged } кредита.
   *[other] Списано { $charged } кредитов.
}
timeline-refunded = { $refunded ->
    [one] Возвращён { $refunded } кредит.
    [few] Возвращено { $refunded } кредита.
   *[other] Возвращено { $refunded } кредитов.
}
prediction-of = Предсказание { $model }
prediction-id = Номер { $id }
input = Ваши данные
cancel = Отменить
repeat = Повторить
another = Новое предсказание
forget = Забыть
forget-lead = Данные и ответ удаляются навсегда. Стоимость остаётся в выписке.
forget-now = Удалить данные и ответ
filter = Показать
filter-status = Статус
filter-model = Модель
filter-any = Все
column-time = Время
column-model = Модель
column-answer = Ответ
column-charged = Кредиты
predictions-none = Предсказаний пока нет.
predictions-none-link = Выберите модель
predictions-none-here = На этой странице подходящих нет. Они могут быть дальше.
predictions-no-match = Ничего не найдено.
predictions-all = Показать все
pages = Страницы
newest = Новые
older = Более ранние
queue-place = { $ahead ->
    [0] Оно следующее.
    [one] Перед ним { $ahead } предсказание.
    [few] Перед ним { $ahead } предсказания.
   *[other] Перед ним { $ahead } предсказаний.
}
queue-starts-in = { $seconds ->
    [0] Начнётся через мгновение.
    [one] Начнётся примерно через { $seconds } секунду.
    [few] Начнётся примерно через { $seconds } секунды.
   *[other] Начнётся примерно через { $seconds } секунд.
}
so-far = (пока)
