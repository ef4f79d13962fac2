# Что бот говорит по-русски. Разметка — HTML Телеграма; значения экранируются до того, как попадут сюда.

button-predict = 🔮 Предсказать
button-balance = 💳 Баланс
button-history = 📜 История
button-models = 🧠 Модели
button-topup = ⭐ Пополнить
button-help = ❓ Помощь
button-back = ◀ Назад
button-cancel = ✖ Отмена
button-confirm = ✅ Предсказать
button-link = ✅ Связать
button-refuse = ✖ Отказаться
button-delete = 🗑 Удалить всё
button-keep = ◀ Оставить
button-missing = нет значения
button-older = раньше ▶
button-newest = ⏮ новые
button-more = ещё ▶
button-first = ⏮ к началу
button-package = { $credits ->
        [one] { $credits } кредит
        [few] { $credits } кредита
       *[other] { $credits } кредитов
    } · ⭐ { $stars }

command-start = Начать или связать аккаунт
command-predict = Предсказание по шагам
command-balance = Сколько можно потратить
command-history = Ваши предсказания
command-models = Выбрать модель
command-topup = Купить кредиты за Telegram Stars
command-redeem = Ввести промокод
command-language = Русский или English
command-help = Что я умею
command-paysupport = Вопросы об оплате
command-privacy = Что я о вас храню
command-unlink = Отвязать чат от аккаунта
command-delete = Удалить аккаунт и данные
command-cancel = Прервать вопросы

credits = { $credits ->
        [one] { $credits } кредит
        [few] { $credits } кредита
       *[other] { $credits } кредитов
    }

welcome = Здравствуйте! Я запускаю модели машинного обучения.
    Пришлите текст, и я сделаю предсказание моделью <b>{ $model }</b>, или CSV-файл со многими строками.

    У вас <b>{ $credits }</b>. Всё, что я умею, — в /help.
linked = Теперь этот чат работает с вашим аккаунтом; кредиты и история общие. У вас <b>{ $credits }</b>.
link-question = Связать этот чат с аккаунтом <b>{ $account }</b>?

    Всё, что у вас здесь есть, — { $credits } и история — перейдёт в этот аккаунт. Владелец аккаунта сможет читать то, что вы пришлёте сюда, и тратить то, что вы купите здесь.
    Откажитесь, если это не ваш аккаунт. Ссылка действует десять минут.
    /unlink отменит связь: кредиты, купленные здесь после неё, вернутся, насколько они ещё есть в аккаунте. То, что перейдёт сейчас, останется там.
link-refused = Чат не связан; ссылка больше не действует.
unlinked = Чат больше не связан. У него снова свой аккаунт, в нём <b>{ $credits }</b>.
privacy = <b>Что я о вас храню</b>
    Ваш номер в Telegram, язык, выбранную модель и вопрос, который я задаю.
    То, что вы присылаете для предсказаний, и ответы — пока вы не отправите /delete. Сообщение хранится, пока я его не обработаю; что оно было, помню два дня.
    Ваши кредиты, а о каждом платеже — чек, сумму и ваш номер в Telegram. Платежи и движения кредитов остаются в учёте и после /delete.
    То, что вы получили приветственные кредиты, хранится как код, чтобы никто не получил их дважды.

    Если чат связан с аккаунтом, его владелец видит ваши предсказания.
    /unlink отменит связь, /delete удалит остальное.
delete-question = Удалить аккаунт и всё, что вы присылали? Пропадёт: <b>{ $credits }</b>. Отменить это будет нельзя.
delete-linked = Этот чат связан с аккаунтом { $account }; его закрывают там, где он создан (<code>DELETE /users/me</code>). /unlink даст чату свой аккаунт, его можно удалить здесь.
deleted = Аккаунт закрыт; всё, что вы присылали, и ответы удалены. Если напишете снова, я открою новый аккаунт.
kept = Ничего не удалено.
help = <b>Что я умею</b>
    Текст — предсказание вашей моделью, <b>{ $model }</b>
    CSV-файл — много строк сразу, ответ тоже CSV-файлом
    /predict — предсказание по шагам
    /models — выбрать модель
    /balance — сколько можно потратить
    /history — ваши предсказания
    /topup — купить кредиты за Telegram Stars
    /redeem КОД — промокод
    /language — русский, English
    /cancel — прервать вопросы
    /paysupport — вопросы об оплате
    /privacy — что я о вас храню
    /unlink — отвязать чат от аккаунта
    /delete — удалить аккаунт и данные

    Платите только за предсказанные строки; если не вышло, кредиты возвращаются сами.
unknown = Такой команды я не знаю. Что я умею — в /help.
not-understood = Я понимаю тексты и CSV-файлы. Что я умею — в /help.
slow-down = Слишком много сразу. Продолжу через { $seconds ->
        [one] { $seconds } секунду
        [few] { $seconds } секунды
       *[other] { $seconds } секунд
    }; что придёт раньше, пропущу.
trouble = Что-то пошло не так; это записано. Что всё-таки посчитано — в /history.

balance = У вас <b>{ $available ->
        [one] { $available } кредит
        [few] { $available } кредита
       *[other] { $available } кредитов
    }</b>{ $held ->
        [0] .
        [one] {""}, и { $held } отложен на предсказания в работе.
       *[other] {""}, и { $held } отложено на предсказания в работе.
    }

models = <b>Модели</b> — выберите свою:
model-line = <b>{ $name }</b> — { $price ->
        [0] бесплатно
        [one] { $price } кредит за строку
        [few] { $price } кредита за строку
       *[other] { $price } кредитов за строку
    }; { $features }
model-description = <i>{ $text }</i>
model-chosen = Теперь ваша модель — <b>{ $name }</b>.
models-none = Моделей пока нет. Загляните позже.

language = Language? / Язык?
language-chosen = Теперь я говорю по-русски.

queued = ⏳ В очереди, { $price ->
        [0] бесплатно
        [one] отложен { $price } кредит
        [few] отложено { $price } кредита
       *[other] отложено { $price } кредитов
    }.
batch-queued = ⏳ <b>{ $file }</b>: { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    } в очереди, { $price ->
        [0] бесплатно
        [one] отложен { $price } кредит
        [few] отложено { $price } кредита
       *[other] отложено { $price } кредитов
    }.
batch-running = ⚙ <b>{ $file }</b>: { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    } в работе…
charged = { $charged ->
        [0] Бесплатно
        [one] { $charged } кредит
        [few] { $charged } кредита
       *[other] { $charged } кредитов
    } · осталось { $left }
answer-label = ✅ <b>{ $label }</b>
answer-value = ✅ <b>{ $value }</b>
answer-forgotten = ✅ Готово и уже забыто.
more-classes = … и ещё { $count }
batch-done = ✅ <b>{ $file }</b>: предсказано строк: { $valid } из { $rows }.
batch-caption = Предсказано строк: { $valid } из { $rows }
batch-unsent = Файл с результатами Telegram не принимает. Они хранятся как предсказание <code>{ $id }</code>.
failed-no_valid_row = ❌ Модель не смогла взять ни одной строки. Кредиты возвращены.
failed-model_unavailable = ❌ Модель сейчас недоступна. Кредиты возвращены.
failed-too_many_attempts = ❌ Посчитать не удалось и с третьего раза. Кредиты возвращены.
failed-reason = Причина: { $reason }
canceled = ✖ Отменено. Кредиты возвращены.
expired = ⌛ Не дождалось своей очереди. Кредиты возвращены.
left = Осталось { $left }

ask = Вопрос { $step } из { $steps }: <b>{ $feature }</b>
ask-price = <b>{ $model }</b>, в конце { $price ->
        [0] бесплатно
        [one] { $price } кредит
        [few] { $price } кредита
       *[other] { $price } кредитов
    }.
ask-numeric = Число, например 12 или 3,5.
ask-categorical = Выберите или напишите.
ask-text = Текст.
which-number = «{ $value }» — это два разных числа. Вы имеете в виду { $one } или { $other }?
wrong-number = «{ $value }» — не число. Напишите, например, 12 или 3,5.
wrong-range = Для модели это число слишком велико.
wrong-text = Такой текст модель принять не может.
dialogue-over = Хорошо, больше не спрашиваю.
file-left = Хорошо, <b>{ $file }</b> не предсказываю.
nothing-to-cancel = Я ни о чём не спрашиваю.
stale = Эта кнопка — от прежнего вопроса.
use-predict = <b>{ $model }</b> ждёт значений: { $features }. Начните с /predict или пришлите CSV-файл.

csv-confirm = <b>{ $file }</b>: { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    } для <b>{ $model }</b>, { $price ->
        [0] бесплатно
        [one] { $price } кредит
        [few] { $price } кредита
       *[other] { $price } кредитов
    }{ $bad ->
        [0] .
        [one] ; { $bad } строка с ошибкой, за неё не платите.
        [few] ; { $bad } строки с ошибками, за них не платите.
       *[other] ; { $bad } строк с ошибками, за них не платите.
    }
csv-bad-line = строка { $row }: { $reason }
csv-encoding = Прочитано как { $encoding }.
csv-too-large = Файл слишком велик: не больше { $most ->
        [one] { $most } байта
       *[other] { $most } байт
    }.
csv-gone = Telegram не отдаёт мне этот файл. Пришлите его ещё раз.
csv-not-csv = Прочитать это как CSV не получается: { $reason }
unreadable-not-text = это не текст в известной мне кодировке. Сохраните его как «CSV UTF-8»
unreadable-broken-utf8 = это UTF-8, но в строке { $line } есть байты, которые к нему не относятся. Исправьте эту строку или сохраните файл заново как «CSV UTF-8»
unreadable-no-header = в первой строке должны быть имена столбцов
unreadable-missing-columns = не хватает столбцов: { $columns }
unreadable-duplicate-columns = эти столбцы повторяются: { $columns }. Оставьте по одному
unreadable-no-rows = в нём нет строк
unreadable-ragged-row = в строке { $row } значений больше, чем столбцов
unreadable-long-value = у строки { $line } в значении больше { $most ->
        [one] { $most } знака
       *[other] { $most } знаков
    }; возможно, перед ним не закрыта кавычка
unreadable-unclosed-quote = кавычка в строке { $line } не закрыта
unreadable-unclear-number = строка { $row }, { $column }: «{ $text }» — это { $one } или { $other }, и другие числа столбца не говорят, что именно. Напишите там { $one } или { $other }, без запятой
csv-only = Я читаю только CSV-файлы.
price-changed = Цена тем временем изменилась.
csv-column-row = строка
csv-column-error = ошибка

reason-field = { $field }: { $reason }
reason-number = нужно число
reason-null = нужно число: пропусков модель не допускает
reason-range = нужно число в допустимых пределах
reason-text = нужен текст
reason-missing = нет значения
reason-characters = есть знаки, которых нельзя сохранить
reason-extra = у модели нет такого признака
reason-row = нужен объект
reason-broke = эту строку модель посчитать не смогла

warning = ⚠ { $doubt }
batch-warnings = ⚠ { $count ->
        [one] { $count } предупреждение:
        [few] { $count } предупреждения:
       *[other] { $count } предупреждений:
    } в файле сказано, какие ответы могут быть неверны и почему.
csv-column-warning = предупреждение
doubt-category = на такой категории модель не училась
doubt-null = нет значения, а при обучении модели оно было всегда
doubt-more = { $count ->
        [one] ещё { $count } предупреждение не показано
        [few] ещё { $count } предупреждения не показаны
       *[other] ещё { $count } предупреждений не показано
    }

history-empty = Предсказаний пока нет. Пришлите текст.
history = <b>Ваши предсказания</b>, сначала новые; время — UTC
history-line = { $icon } { $when } · { $model } · { $what }
history-rows = { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    }

topup = Кредиты за Telegram Stars:
topup-none = Сейчас здесь ничего не продаётся.
invoice-title = { $credits ->
        [one] { $credits } кредит
        [few] { $credits } кредита
       *[other] { $credits } кредитов
    }
invoice-description = Кредиты на предсказания. Срока у них нет.
checkout-refused = Это предложение больше не действует. Пожалуйста, пришлите /topup ещё раз.
paid = ⭐ Спасибо! { $credits ->
        [one] Добавлен { $credits } кредит
        [few] Добавлено { $credits } кредита
       *[other] Добавлено { $credits } кредитов
    }; теперь у вас <b>{ $available }</b>. Чек: <code>{ $charge }</code>
refunded = Платёж <code>{ $charge }</code> возвращён; теперь у вас { $available }.
paysupport = Вопросы об оплате: { $support }. Пришлите номер чека; платёж можно вернуть, пока его кредиты не потрачены.
paysupport-nobody = Чтобы вернуть платёж, напишите тому, кто держит этого бота, и назовите номер чека. Вернуть можно, пока кредиты не потрачены.

redeem-usage = Пришлите /redeem и код, например <code>/redeem WELCOME</code>
redeemed = Промокод принят; теперь у вас <b>{ $available }</b>.

refusal-not-enough-credits = Не хватает кредитов: нужно { $price }, есть { $available }. Пополнить — /topup.
refusal-invalid-amount = Такое количество невозможно: от 1 до { $most }.
refusal-books-disagree = Что-то не так с учётом; это записано.
refusal-model-not-found = Модели «{ $model }» больше нет. Какие есть — в /models.
refusal-invalid-model-name = «{ $name }» — не имя модели.
refusal-model-refused = Модель использовать нельзя: { $reason }
refusal-unfit-for-model = К модели это не подходит: { $reason }
refusal-prediction-not-found = Такого предсказания нет.
refusal-wrong-status = Поздно: оно уже в работе или готово.
refusal-no-valid-row = Ничего из этого модель взять не может; ничего не списано. { $reason }
refusal-no-rows = Строк нет.
refusal-too-many-rows = { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    } — так нельзя: от 1 до { $most }.
refusal-expires-too-late = Начала предсказание ждёт не дольше { $most } с.
refusal-too-many-pending = В очереди уже слишком много. Попробуйте через { $retry_after ->
        [one] { $retry_after } секунду
        [few] { $retry_after } секунды
       *[other] { $retry_after } секунд
    }.
refusal-idempotency-conflict = Это сообщение уже было использовано для другого.
refusal-invalid-email = Это не адрес электронной почты.
refusal-invalid-password = В пароле от { $least } до { $most ->
        [one] { $most } символа
       *[other] { $most } символов
    }.
refusal-email-taken = Аккаунт с таким адресом уже есть.
refusal-wrong-credentials = Адрес или пароль неверны.
refusal-invalid-token = Это больше не действует.
refusal-user-not-found = Этот аккаунт закрыт. Новый откроет /start.
refusal-predictions-under-way = Здесь ещё в работе { $pending ->
        [one] { $pending } предсказание
        [few] { $pending } предсказания
       *[other] { $pending } предсказаний
    }: дождитесь или отмените.
refusal-credits-left = На счёте ещё { $available ->
        [one] { $available } кредит, он пропадёт
        [few] { $available } кредита, они пропадут
       *[other] { $available } кредитов, они пропадут
    } вместе с ним.
refusal-too-many-tries = Слишком много попыток. Подождите { $retry_after ->
        [one] { $retry_after } секунду
        [few] { $retry_after } секунды
       *[other] { $retry_after } секунд
    }.
refusal-guests-not-served = Гостей здесь не обслуживают.
refusal-too-many-guests = На сегодня гостей достаточно.
refusal-invalid-api-key-name = В имени ключа не больше { $most ->
        [one] { $most } символа
       *[other] { $most } символов
    }.
refusal-too-many-api-keys = У вас уже { $most ->
        [one] { $most } ключ
        [few] { $most } ключа
       *[other] { $most } ключей
    } API, больше нельзя.
refusal-api-key-not-found = Такого ключа API нет.
refusal-not-by-api-key = С ключом API это нельзя. Войдите с паролем.
refusal-not-allowed = Это может только администратор.
refusal-invalid-link = Эта ссылка уже использована, или её десять минут прошли. Попросите новую.
refusal-chat-linked = Этот чат уже связан с другим аккаунтом.
refusal-chat-not-linked = Этот чат не связан с аккаунтом.
refusal-no-bot = Бота здесь нет.
refusal-payment-not-found = Платежа { $charge_id } нет.
refusal-refund-refused = Кредиты списаны, но Telegram ещё не вернул платёж: { $reason }
refusal-invalid-promo-code = В промокоде от 3 до 40 букв, цифр, «_» и «-».
refusal-promo-code-taken = Код { $code } уже есть.
refusal-promo-code-not-found = Такого кода нет, или он истёк.
refusal-promo-code-used-up = Этот код уже разобрали.
refusal-promo-code-redeemed = Вы уже вводили этот код.
refusal-already-refunded = Это уже возвращено.
refusal-check-under-way = Книги как раз проверяются.
refusal-payment-taken = Этот платёж уже зачислен — кому-то другому или на другую сумму.
refusal-not-refundable = Вернуть можно не больше, чем было списано: { $charged }.
refusal-own-role = Свою роль никто себе не меняет.
refusal-account-blocked = Этот аккаунт заблокирован. Спросите у тех, кто ведёт этот сервис: /paysupport
refusal-own-account = Свой аккаунт никто себе не блокирует.
refusal-top-up-not-found = У этого аккаунта нет такого пополнения.
refusal-already-reversed = Это пополнение уже отменено, целиком или частично.
refusal-not-reversible = Отозвать можно не больше, чем доступно: { $available }.
