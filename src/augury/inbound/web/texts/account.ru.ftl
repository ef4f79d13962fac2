account-of = Вы вошли как { $email }.
keys = Ключи API
webhooks = Вебхуки
telegram = Telegram
telegram-lead = Привяжите чат с ботом: кредиты и история станут общими.
telegram-link = Получить ссылку на бота
telegram-open = Открыть бота и привязать чат
telegram-until = Работает один раз, до
sessions = Сеансы
session-program = Программа
session-begun = с
session-end = Завершить
sign-out-everywhere = Выйти везде
change-password = Сменить пароль
change-password-lead = Все остальные сеансы завершатся.
current-password = Текущий пароль
new-password = Новый пароль
end-keys-too = Удалить и мои ключи API
close-account = Закрыть аккаунт
close-lead = Адрес, сеансы, ключи, данные и ответы предсказаний удаляются навсегда. Движения кредитов остаются в книгах без вашего имени.
close-loses = { $credits ->
    [0] У вас нет кредитов, которые пропадут.
    [one] Пропадёт { $credits } кредит.
    [few] Пропадут { $credits } кредита.
   *[other] Пропадут { $credits } кредитов.
}
close-type = Введите свой адрес e-mail для подтверждения
close-mistyped = Это не адрес вашего аккаунта.
close-now = Закрыть навсегда
keys-lead = Программы используют ключ вместо вашего пароля. За их предсказания платите вы.
keys-none = Ключей пока нет.
key-once = Скопируйте ключ сейчас: больше он не показывается.
key-new = Новый ключ
key-name = Название
key-hint = Начинается с
key-used = Использован
key-expires = Истекает
key-create = Создать ключ
never = никогда
in-days = { $days ->
    [one] через { $days } день
    [few] через { $days } дня
   *[other] через { $days } дней
}
delete = Удалить
key-may = Права
key-spent = Лимиты
key-model = Только для этой модели (пусто: для всех)
key-day = Лимит кредитов в день (пусто: без лимита)
key-month = Лимит кредитов в месяц (пусто: без лимита)
key-of-day = { $spent } из { $limit } сегодня
key-of-month = { $spent } из { $limit } в этом месяце
key-no-limit = нет
scope-predict = предсказывать
scope-read = читать
scope-admin = управлять
by-telegram = Войти через Telegram
by-telegram-open = Откройте
by-telegram-bot = чат с @{ $bot }
by-telegram-start = {" "}и нажмите «Старт».
by-telegram-press = Нажмите там число
by-telegram-return = Вернитесь сюда: вы войдёте через несколько секунд.
by-telegram-other-device = Telegram на другом устройстве?
by-telegram-send = Отправьте там боту @{ $bot } это сообщение:
by-telegram-until = Это работает один раз, до
by-telegram-confirmed = Вы подтвердили вход в Telegram. Сейчас вы войдёте.
by-telegram-again = Начать заново
account-of-telegram = Вы вошли через Telegram.
account-of-telegram-lead = Это аккаунт вашего чата с ботом: кредиты и история у них общие. Чтобы входить и по адресу e-mail, зарегистрируйте аккаунт и привяжите к нему чат. Ключи и вебхуки этого аккаунта тогда перестанут действовать.
close-tick = Я хочу закрыть этот аккаунт навсегда
close-not-ticked = Поставьте галочку для подтверждения.
close-lead-telegram = Чат с ботом, сеансы, ключи, данные и ответы предсказаний удаляются навсегда. Движения кредитов остаются в книгах без вашего имени.
