skip = К содержанию
nav-main = Главное
nav-predictions = Предсказания
nav-files = Файлы
nav-money = Кредиты
nav-account = Аккаунт
nav-sign-in = Войти
nav-sign-out = Выйти
nav-register = Регистрация
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
problem-back = На главную
problem-forged = Форма устарела или пришла с другой страницы. Вернитесь, обновите страницу и отправьте форму ещё раз.
problem-unavailable = Сервис занят или перезапускается. Попробуйте через минуту.
problem-missing = Такой страницы нет.
problem-too-large = Это слишком много данных.
problem-unreadable = Запрос не удалось прочитать.
problem-failed = Что-то пошло не так на нашей стороне. Ошибка записана в журнал.
