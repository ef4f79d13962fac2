
refusal-not-enough-credits = Не хватает кредитов: нужно { $price }, есть { $available }. Как получить ещё, сказано на странице «Кредиты».
refusal-max-price-exceeded = Это стоит { $price } — больше заданного предела { $max_price }.
refusal-invalid-amount = Количество должно быть от 1 до { $most }.
refusal-books-disagree = Ошибка в нашем учёте; она записана в журнал.
refusal-model-not-found = Модели «{ $model }» нет. Доступные модели — на главной странице.
refusal-wrong-model-state = Состояние модели «{ $model }» — «{ $state ->
        [checking] проверяется
        [refused] отклонена
        [ready] готова
        [canary] для части пользователей
        [active] действующая
       *[retired] снята
    }», поэтому это невозможно.
refusal-checksum-mismatch = Полученный файл отличается от отправленного. Отправьте его ещё раз.
refusal-invalid-share = Версия для части пользователей обслуживает от 1 до 50 % из них.
refusal-nothing-to-roll-back = У модели «{ $model }» нет прежней версии, которая могла бы снова отвечать.
refusal-empty-model-file = Файл модели пуст.
refusal-empty-table = Таблица пуста.
refusal-too-many-trainings = Незавершённых обучений слишком много ({ $pending } из { $most }). Дождитесь окончания или прервите одно из них.
refusal-invalid-plan = { $fault ->
        [no-target] Укажите столбец, который надо предсказывать.
        [two-splits] Укажите столбец времени или столбец группы, но не оба.
        [target-has-kind] Столбец, который предсказывают, для предсказания не используется, поэтому вида у него нет.
        [no-cost] Обе цены должны быть больше 0.
        [costs-form] Напишите цену ложной тревоги и цену пропуска, например 1:5.
        [characters] В названии есть символы, которых не бывает в названиях столбцов.
       *[kinds-form] Вид столбца нельзя прочитать: { $reason }
    }
refusal-training-not-found = Такого обучения нет.
refusal-training-ended = Поздно: обучение уже закончилось.
refusal-card-not-found = У модели «{ $model }» нет карточки.
refusal-invalid-model-name = «{ $name }» не может быть именем модели.
refusal-model-refused = Модель использовать нельзя: { $reason }
refusal-unfit-for-model = Модели это не подходит: { $reason }
refusal-prediction-not-found = Такого предсказания нет.
refusal-wrong-status = Поздно: предсказание уже в работе или готово.
refusal-no-valid-row = Эти данные модели не подходят; ничего не списано. { $reason }
refusal-not-explained = Ответы модели «{ $model }» нельзя объяснить: { $reason }
refusal-explanation-too-large = Объяснить столько строк сразу ({ $rows }) слишком долго. Запросите не больше { $most_rows }.
refusal-no-explanation = У этого предсказания нет объяснения для такой строки.
refusal-no-rows = Строк нет.
refusal-too-many-rows = { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    } — слишком много: пришлите от 1 до { $most }.
refusal-answer-too-large = Классов у модели: { $classes }. Ответ на столько строк ({ $rows }) был бы слишком велик. Число строк за раз — не больше { $most_rows }.
refusal-expires-too-late = Предсказание может ждать начала не дольше { $most } с.
refusal-too-many-pending = В очереди уже слишком много предсказаний. Попробуйте через { $retry_after ->
        [one] { $retry_after } секунду
        [few] { $retry_after } секунды
       *[other] { $retry_after } секунд
    }.
refusal-batch-not-found = Такого пакета нет.
refusal-batch-ended = Поздно: пакет уже завершён.
refusal-batch-too-long = В файле слишком много строк: можно не больше { $most }.
refusal-batch-purged = Строки и ответы пакета удалены.
refusal-too-many-batches = Незавершённых пакетов слишком много ({ $pending } из { $most }). Попробуйте через { $retry_after ->
        [one] { $retry_after } секунду
        [few] { $retry_after } секунды
       *[other] { $retry_after } секунд
    }.
refusal-idempotency-conflict = Эта форма уже отправлена с другими данными. Обновите страницу.
refusal-invalid-email = Это не адрес электронной почты.
refusal-invalid-password = В пароле должно быть от { $least } до { $most ->
        [one] { $most } символа
       *[other] { $most } символов
    }.
refusal-email-taken = Аккаунт с таким адресом уже есть.
refusal-wrong-credentials = Адрес или пароль неверны.
refusal-invalid-token = Это больше не действует.
refusal-user-not-found = Такого аккаунта нет. Возможно, его закрыли.
refusal-predictions-under-way = { $pending ->
        [0] Ещё не завершён пакет. Сначала дождитесь его или отмените
        [one] Ещё не завершено: { $pending } предсказание. Сначала дождитесь его или отмените
        [few] Ещё не завершено: { $pending } предсказания. Сначала дождитесь их или отмените
       *[other] Ещё не завершено: { $pending } предсказаний. Сначала дождитесь их или отмените
    }.
refusal-credits-left = На аккаунте ещё { $available ->
        [one] { $available } кредит, он пропадёт
        [few] { $available } кредита, они пропадут
       *[other] { $available } кредитов, они пропадут
    } вместе с ним.
refusal-too-many-tries = Слишком много попыток. Подождите { $retry_after ->
        [one] { $retry_after } секунду
        [few] { $retry_after } секунды
       *[other] { $retry_after } секунд
    }.
refusal-guests-not-served = Этот сервис не принимает гостей.
refusal-too-many-guests = Сегодня новых гостей больше не принимаем.
refusal-invalid-api-key-name = В имени ключа должно быть не больше { $most ->
        [one] { $most } символа
       *[other] { $most } символов
    }.
refusal-too-many-api-keys = У вас уже { $most ->
        [one] { $most } ключ
        [few] { $most } ключа
       *[other] { $most } ключей
    } API, это максимум.
refusal-api-key-not-found = Такого ключа API нет.
refusal-spending-limit-reached = Это стоит { $price }. Ключ API уже потратил { $spent } из { $limit } за этот период.
refusal-too-many-requests = Слишком много запросов. Подождите { $retry_after ->
        [one] { $retry_after } секунду
        [few] { $retry_after } секунды
       *[other] { $retry_after } секунд
    }.
refusal-scope-missing = У ключа API нет права «{ $scope }».
refusal-model-not-listed = Ключ API не подходит для модели «{ $model }».
refusal-expiry-not-shortened = Срок ключа API можно только сократить.
refusal-not-by-api-key = С ключом API это сделать нельзя. Войдите с паролем.
refusal-not-allowed = Это может только администратор.
refusal-invalid-link = Эта ссылка уже использована, или ей больше десяти минут. Запросите новую.
refusal-chat-linked = Этот чат уже привязан к другому аккаунту.
refusal-chat-not-linked = Этот чат не привязан к аккаунту.
refusal-sign-in-expired = Запрос на вход уже использован, отклонён, или ему больше пяти минут. Начните заново.
refusal-sign-in-by-password = Администраторы входят только по адресу e-mail и паролю.
refusal-no-bot = У этого сервиса нет бота.
refusal-payment-not-found = Платежа { $charge_id } нет.
refusal-refund-refused = Кредиты списаны, но Telegram ещё не вернул платёж: { $reason }
refusal-invalid-promo-code = В промокоде должно быть от 3 до 40 букв, цифр, «_» или «-».
refusal-promo-code-taken = Код { $code } уже существует.
refusal-promo-code-not-found = Такого кода нет, или его срок истёк.
refusal-promo-code-used-up = Этот код уже исчерпан.
refusal-promo-code-redeemed = Вы уже использовали этот код.
refusal-already-refunded = Это уже возвращено.
refusal-check-under-way = Уже идёт другая проверка книг.
refusal-payment-taken = Этот платёж уже зачислен — другому аккаунту или на другую сумму.
refusal-not-refundable = Вернуть можно не больше, чем было списано: { $charged ->
        [one] { $charged } кредит
        [few] { $charged } кредита
       *[other] { $charged } кредитов
    }.
refusal-own-role = Нельзя изменить собственную роль.
refusal-account-blocked = Этот аккаунт заблокирован. Напишите владельцу сервиса.
refusal-own-account = Нельзя заблокировать собственный аккаунт.
refusal-top-up-not-found = У этого аккаунта нет такого пополнения.
refusal-already-reversed = Это пополнение уже отменено, целиком или частично.
refusal-debt-unsettled = Аккаунт должен { $debt ->
        [one] { $debt } кредит
        [few] { $debt } кредита
       *[other] { $debt } кредитов
    }: платёж возвращён, когда его кредиты были уже потрачены. Сначала погасите долг.
refusal-not-reversible = Отозвать можно не больше, чем доступно: { $available ->
        [one] { $available } кредит
        [few] { $available } кредита
       *[other] { $available } кредитов
    }.
refusal-too-many-streams = Открыто слишком много потоков событий (не больше { $most }). Сначала закройте один из них.
refusal-webhook-not-found = Такого вебхука нет.
refusal-delivery-not-found = Такой доставки нет.
refusal-invalid-webhook = Вебхук недопустим: { $reason }
refusal-too-many-webhooks = У вас уже { $most ->
        [one] { $most } вебхук
        [few] { $most } вебхука
       *[other] { $most } вебхуков
    }, это максимум.
refusal-webhook-disabled = Вебхук отключён. Сначала включите его.
refusal-dead-letter-not-found = Такого недоставленного сообщения нет.
refusal-version-missing = Укажите версию модели, например { $model }@1.
refusal-no-classes = Ответы модели — не классы, поэтому выбрать число классов нельзя.
