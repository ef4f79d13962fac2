# Русские тексты бота в разметке HTML Телеграма. Значения экранируются до подстановки.

button-predict = 🔮 Предсказать
button-balance = 💳 Баланс
button-history = 📜 История
button-models = 🧠 Модели
button-topup = ⭐ Пополнить
button-help = ❓ Помощь
button-back = ◀ Назад
button-cancel = ✖ Отмена
button-confirm = ✅ Предсказать
button-link = ✅ Привязать
button-no-sign-in = ✖ Не входить
button-refuse = ✖ Отказаться
button-delete = 🗑 Удалить всё
button-keep = ◀ Оставить
button-why = 💡 Почему? · { $price ->
        [0] бесплатно
        [one] { $price } кредит
        [few] { $price } кредита
       *[other] { $price } кредитов
    }
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

command-start = Начать или привязать аккаунт
command-predict = Сделать предсказание по шагам
command-balance = Ваши кредиты
command-history = Ваши предсказания
command-models = Выбрать модель
command-topup = Купить кредиты за Telegram Stars
command-redeem = Ввести промокод
command-language = Русский или English
command-help = Что я умею
command-paysupport = Вопросы об оплате
command-privacy = Какие данные о вас я храню
command-unlink = Отвязать чат от аккаунта
command-delete = Удалить аккаунт и данные
command-cancel = Отменить вопросы

credits = { $credits ->
        [one] { $credits } кредит
        [few] { $credits } кредита
       *[other] { $credits } кредитов
    }

welcome = Здравствуйте! Я запускаю модели машинного обучения.
    Пришлите текст или CSV-файл со многими строками, и я сделаю предсказания моделью <b>{ $model }</b>.

    У вас <b>{ $credits }</b>. Всё, что я умею, — в /help.
linked = Чат привязан к вашему аккаунту: кредиты и история теперь общие. У вас <b>{ $credits }</b>.
link-question = Привязать этот чат к аккаунту <b>{ $account }</b>?

    Всё, что у вас здесь есть, — { $credits } и история — перейдёт в этот аккаунт. Владелец аккаунта сможет читать то, что вы присылаете сюда, и тратить кредиты, которые вы купите здесь.
    Откажитесь, если это не ваш аккаунт. Ссылка действует десять минут.
    Отменить привязку можно командой /unlink. Тогда вернутся кредиты, которые вы купили здесь после привязки, если они ещё есть в аккаунте. То, что перейдёт сейчас, останется в аккаунте.
link-refused = Чат не привязан. Эта ссылка больше не действует.
sign-in-question = Войти { $account } на сайте? Браузер: { $client }.

    Нажмите число, которое показано на странице. Если вы сами только что не открывали эту страницу, кто-то другой пытается войти вместо вас: не входите.
sign-in-account = в аккаунт <b>{ $account }</b>
sign-in-own-account = в аккаунт этого чата
sign-in-confirmed = Готово. Вернитесь на страницу: через несколько секунд вы войдёте.
sign-in-refused = Вход отменён. Эта ссылка больше не действует.
unlinked = Чат больше не привязан. У него снова свой аккаунт, в нём <b>{ $credits }</b>. В браузерах, где вы вошли через этот чат, вход завершён.
privacy = <b>Какие данные о вас я храню</b>
    Ваш номер в Telegram, язык, выбранную модель и вопрос, который я сейчас задаю.
    Данные, которые вы присылаете для предсказаний, и ответы — пока вы не отправите /delete. Данные длинных файлов удаляются через { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[other] { $days } дней
    } после ответа. Сообщения хранятся, пока я их не обработаю, а их номера — ещё два дня.
    Ваши кредиты, а для каждого платежа — чек, сумму и ваш номер в Telegram. Платежи и движения кредитов остаются в учёте и после /delete.
    Код, полученный из вашего номера в Telegram, чтобы никто не получил приветственные кредиты дважды.

    Если чат привязан к аккаунту, владелец аккаунта видит ваши предсказания.
    /unlink отвязывает чат. /delete удаляет всё остальное.
delete-question = Удалить аккаунт и всё, что вы присылали? Вы потеряете <b>{ $credits }</b>. Отменить это будет нельзя.
delete-linked = Этот чат привязан к аккаунту { $account }; закрыть его можно только там, где он создан (<code>DELETE /users/me</code>). /unlink даст чату свой аккаунт, который можно удалить здесь.
deleted = Аккаунт закрыт. Всё, что вы присылали, и ответы удалены. Если вы напишете снова, я открою новый аккаунт.
kept = Ничего не удалено.
help = <b>Что я умею</b>
    Текст — предсказание вашей модели, <b>{ $model }</b>
    CSV-файл — много предсказаний сразу; в ответ придёт CSV-файл
    /predict — предсказание по шагам
    /models — выбрать модель
    /balance — ваши кредиты
    /history — ваши предсказания
    /topup — купить кредиты за Telegram Stars
    /redeem КОД — ввести промокод
    /language — русский, English
    /cancel — отменить вопросы
    /paysupport — вопросы об оплате
    /privacy — что я о вас храню
    /unlink — отвязать чат от аккаунта
    /delete — удалить аккаунт и данные

    Вы платите только за строки, для которых получено предсказание. Если предсказать не удалось, кредиты вернутся.
unknown = Такой команды я не знаю. Что я умею — в /help.
not-understood = Я понимаю тексты и CSV-файлы. Что я умею — в /help.
slow-down = Слишком много сообщений. Отвечу снова через { $seconds ->
        [one] { $seconds } секунду
        [few] { $seconds } секунды
       *[other] { $seconds } секунд
    }; всё, что вы пришлёте раньше, пропущу.
trouble = У нас что-то пошло не так; ошибка записана в журнал. Возможно, предсказание всё-таки сделано: проверьте в /history.

balance = У вас <b>{ $available ->
        [one] { $available } кредит
        [few] { $available } кредита
       *[other] { $available } кредитов
    }</b>{ $held ->
        [0] .
        [one] {""}, и ещё { $held } зарезервирован для предсказаний в работе.
       *[other] {""}, и ещё { $held } зарезервировано для предсказаний в работе.
    }{ $owed ->
        [0] {""}
        [one] {" "}Вы должны { $owed } кредит: платёж возвращён, когда его кредиты были уже потрачены. Долг погасится из следующего платежа: /topup.
        [few] {" "}Вы должны { $owed } кредита: платёж возвращён, когда его кредиты были уже потрачены. Долг погасится из следующего платежа: /topup.
       *[other] {" "}Вы должны { $owed } кредитов: платёж возвращён, когда его кредиты были уже потрачены. Долг погасится из следующего платежа: /topup.
    }

models = <b>Модели</b> — выберите свою:
model-line = <b>{ $name }</b> — { $price ->
        [0] бесплатно
        [one] { $price } кредит за строку
        [few] { $price } кредита за строку
       *[other] { $price } кредитов за строку
    }; { $features }
model-text-line = <b>{ $name }</b> — { $price ->
        [0] {""}
        [one] { $price } кредит за строку и{" "}
        [few] { $price } кредита за строку и{" "}
       *[other] { $price } кредитов за строку и{" "}
    }{ $text_price ->
        [one] { $text_price } кредит
        [few] { $text_price } кредита
       *[other] { $text_price } кредитов
    } за килобайт текста; { $features }
model-description = <i>{ $text }</i>
model-chosen = Теперь ваша модель — <b>{ $name }</b>.
models-none = Моделей пока нет. Загляните позже.

language = Language? / Язык?
language-chosen = Теперь я говорю по-русски.

queued = ⏳ В очереди, { $price ->
        [0] бесплатно
        [one] зарезервирован { $price } кредит
        [few] зарезервировано { $price } кредита
       *[other] зарезервировано { $price } кредитов
    }.
queue-place = Впереди: { $ahead }.
queue-place-and-time = Впереди: { $ahead }. Начнётся примерно через { $soon } с, почти наверняка не позже чем через { $late } с.
batch-queued = ⏳ <b>{ $file }</b>: { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    } в очереди, { $price ->
        [0] бесплатно
        [one] зарезервирован { $price } кредит
        [few] зарезервировано { $price } кредита
       *[other] зарезервировано { $price } кредитов
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
answer-unsure = 🤔 Не уверен. Вероятнее всего: <b>{ $label }</b>
answer-value = ✅ <b>{ $value }</b>
answer-labels = { $count ->
        [0] ✅ Ни одна из меток не вероятна.
       *[other] ✅ <b>{ $labels }</b>
    }
answer-independent = У каждой метки своя вероятность, поэтому в сумме они не дают 100%.
answer-named = ✅ { $name }: <b>{ $value }</b>
answer-uncertain = ✅ <b>{ $value }</b>, стандартное отклонение { $deviation }
answer-rank = ✅ Оценка <b>{ $value }</b>. Чтобы упорядочить несколько строк, пришлите файл CSV.
why-caption = 💡 Вот что повысило и что понизило ответ.
why-forgotten = Отправленное вами больше не хранится, поэтому ответ нельзя объяснить.
answer-named-short = { $name }: { $value }
answer-forgotten = ✅ Готово. Результат с тех пор удалён.
more-classes = … и ещё { $count }
batch-done = ✅ <b>{ $file }</b>: предсказано строк: { $valid } из { $rows }.
batch-caption = Предсказано строк: { $valid } из { $rows }
batch-progress = ⚙ <b>{ $file }</b>: готово строк: { $ended } из { $rows }, { $charged ->
        [0] бесплатно
        [one] пока { $charged } кредит
        [few] пока { $charged } кредита
       *[other] пока { $charged } кредитов
    }.
batch-ends-in = { $minutes ->
        [0] Осталось меньше минуты.
        [one] Осталась примерно { $minutes } минута.
        [few] Осталось примерно { $minutes } минуты.
       *[other] Осталось примерно { $minutes } минут.
    }
batch-canceled = ✖ <b>{ $file }</b>: отменено; предсказано строк: { $valid } из { $rows }. Кредиты за остальные возвращены.
batch-expired = ⌛ <b>{ $file }</b>: срок истёк; предсказано строк: { $valid } из { $rows }. Кредиты за остальные возвращены.
batch-failed = ❌ <b>{ $file }</b>: модель не смогла посчитать ни одной строки. Кредиты возвращены.
batch-errors-caption = { $count ->
        [one] { $count } строка без ответа, с указанием причины. Исправьте её и пришлите мне этот файл.
        [few] { $count } строки без ответа, с указанием причин. Исправьте их и пришлите мне этот файл.
       *[other] { $count } строк без ответа, с указанием причин. Исправьте их и пришлите мне этот файл.
    }
batch-not-sent = Telegram не принимает файл { $file } ({ $size } МБ). Его можно прочитать через API по адресу <code>{ $path }</code> с аккаунтом, к которому привязан этот чат.
batch-forgotten = Результаты с тех пор удалены.
batch-unsent = Telegram не принимает файл с результатами. Они сохранены под номером предсказания <code>{ $id }</code>.
failed-no_valid_row = ❌ Ни одна строка модели не подошла. Кредиты возвращены.
failed-model_unavailable = ❌ Модель сейчас недоступна. Кредиты возвращены.
failed-too_many_attempts = ❌ Предсказание не удалось с трёх попыток. Кредиты возвращены.
failed-input_gone = ❌ Строки больше не хранятся. Кредиты возвращены.
failed-reason = Причина: { $reason }
canceled = ✖ Отменено. Кредиты возвращены.
expired = ⌛ Предсказание ждало слишком долго, его срок истёк. Кредиты возвращены.
left = Осталось { $left }

ask = Вопрос { $step } из { $steps }: <b>{ $feature }</b>
ask-price = <b>{ $model }</b>, предсказание { $price ->
        [0] бесплатное
        [one] стоит { $price } кредит
        [few] стоит { $price } кредита
       *[other] стоит { $price } кредитов
    }.
ask-text-price = <b>{ $model }</b>, предсказание стоит { $price ->
        [0] {""}
        [one] { $price } кредит и ещё{" "}
        [few] { $price } кредита и ещё{" "}
       *[other] { $price } кредитов и ещё{" "}
    }{ $text_price ->
        [one] { $text_price } кредит
        [few] { $text_price } кредита
       *[other] { $text_price } кредитов
    } за килобайт текста.
ask-numeric = Пришлите число, например 12 или 3,5.
ask-categorical = Выберите значение или пришлите своё.
ask-text = Пришлите текст.
ask-embedding = { $length ->
        [0] Пришлите список чисел, например [0.1, -2, 3].
        [one] Пришлите список из { $length } числа, например [0.1].
       *[other] Пришлите список из { $length } чисел, например [0.1, -2, 3].
    }
ask-date = Пришлите дату, например 28.11.2026 или 28.11.2026 09:30.
which-number = «{ $value }» можно прочитать как два разных числа. Вы имеете в виду { $one } или { $other }?
wrong-number = «{ $value }» — не число. Пришлите число, например 12 или 3,5.
wrong-embedding = Нужен список из стольких чисел, сколько принимает модель: в квадратных скобках, числа через запятую.
wrong-range = Это число слишком велико для модели.
wrong-date = «{ $value }» — не дата. Пришлите дату, например 28.11.2026.
wrong-text = Этот текст модели не подходит.
wrong-long = Этот текст слишком длинный для модели, сократите его.
dialogue-over = Хорошо, отменено.
file-left = Хорошо, предсказаний для <b>{ $file }</b> не будет.
nothing-to-cancel = Отменять нечего.
stale = Эта кнопка — от прежнего вопроса.
use-predict = Модели <b>{ $model }</b> нужно { $features ->
        [one] { $features } значение
        [few] { $features } значения
       *[other] { $features } значений
    }. Используйте /predict или пришлите CSV-файл.

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
        [one] ; { $bad } строка с ошибкой, за неё вы не платите.
        [few] ; { $bad } строки с ошибками, за них вы не платите.
       *[other] ; { $bad } строк с ошибками, за них вы не платите.
    }
csv-checked = Я проверил { $checked ->
        [1] первую строку
        [one] первые { $checked } строку
        [few] первые { $checked } строки
       *[other] первые { $checked } строк
    }. За строки с ошибками ниже вы тоже не платите.
csv-bad-line = строка { $row }: { $reason }
csv-encoding = Файл прочитан как { $encoding }.
csv-too-large = Файл слишком велик: не больше { $most ->
        [one] { $most } байта
       *[other] { $most } байт
    }.
csv-gone = Не удалось скачать этот файл из Telegram. Пришлите его ещё раз.
csv-not-csv = Не могу прочитать этот CSV-файл: { $reason }
unreadable-not-text = это не текст в известной мне кодировке. Сохраните его как «CSV UTF-8»
unreadable-broken-utf8 = это UTF-8, но в строке { $line } есть недопустимые байты. Исправьте эту строку или сохраните файл заново как «CSV UTF-8»
unreadable-no-header = в первой строке должны быть имена столбцов
unreadable-missing-columns = не хватает этих столбцов: { $columns }
unreadable-misread-columns = не хватает этих столбцов: { $columns }. Я прочитал файл как { $encoding }; если это не так, сохраните его как «CSV UTF-8»
unreadable-duplicate-columns = эти столбцы повторяются: { $columns }. Оставьте по одному
unreadable-no-rows = в нём нет строк
unreadable-ragged-row = в строке { $row } значений больше, чем столбцов
unreadable-long-value = в строке { $line } значение длиннее { $most ->
        [one] { $most } знака
       *[other] { $most } знаков
    }; возможно, перед ним не закрыта кавычка
unreadable-long-row = строка { $row } длиннее { $most } МБ
unreadable-rows-too-large = в распакованном виде его строки занимают больше { $most } байт. Уберите столбцы, которые пусты или всегда одинаковы
unreadable-unclosed-quote = кавычка в строке { $line } не закрыта
unreadable-unclear-number = строка { $row }, { $column }: «{ $text }» может значить { $one } или { $other }, и по другим числам столбца этого не понять. Напишите там { $one } или { $other }, без запятой
csv-only = Я читаю только CSV-файлы.
price-changed = За это время цена изменилась.
csv-column-row = строка
csv-column-error = ошибка
csv-error-canceled = отменена до предсказания
csv-error-expired = ждала слишком долго и не предсказана
csv-error-failed = предсказать не удалось
csv-error-unlisted = эта строка не предсказана; ошибок в файле слишком много, чтобы хранить причину каждой

reason-field = { $field }: { $reason }
reason-number = нужно число
reason-null = нужно число: пропусков модель не допускает
reason-range = нужно число в допустимых пределах
reason-text = нужен текст
reason-embedding = нужен список из стольких чисел, сколько принимает модель, например [0.1, -2, 3]
reason-date = нужна дата, например 28.11.2026 или 2026-11-28
reason-long = слишком длинное значение, сократите его
reason-missing = нет значения
reason-characters = есть символы, которые нельзя сохранить
reason-extra = у модели нет такого признака
reason-row = нужен объект
reason-unexplained = объяснение не сходится с предсказанием, поэтому ответа нет и платить не нужно
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
doubt-quantiles = модель оценила квантиль ниже, чем квантиль с меньшей долей
doubt-more = { $count ->
        [one] ещё { $count } предупреждение не показано
        [few] ещё { $count } предупреждения не показаны
       *[other] ещё { $count } предупреждений не показано
    }

history-empty = Предсказаний пока нет. Пришлите текст.
history = <b>Ваши предсказания</b>, сначала новые; время — UTC
history-line = { $icon } { $when } · { $model } · { $what }{ $refunded ->
        [0] {""}
        [one] {""} · возвращён { $refunded } кредит
        [few] {""} · возвращены { $refunded } кредита
       *[other] {""} · возвращено { $refunded } кредитов
    }
history-batch = строк: { $done } из { $rows }
history-rows = { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[other] { $rows } строк
    }

topup = Купите кредиты за Telegram Stars:
topup-none = Сейчас кредиты не продаются.
invoice-title = { $credits ->
        [one] { $credits } кредит
        [few] { $credits } кредита
       *[other] { $credits } кредитов
    }
invoice-description = Кредиты на предсказания. Они не сгорают.
checkout-refused = Это предложение больше не действует. Пожалуйста, пришлите /topup ещё раз.
paid = ⭐ Спасибо! { $credits ->
        [one] Добавлен { $credits } кредит
        [few] Добавлено { $credits } кредита
       *[other] Добавлено { $credits } кредитов
    }{ $repaid ->
        [0] {""}
       *[other] {""}, из них в счёт долга — { $repaid }
    }; теперь у вас <b>{ $available }</b>. Чек: <code>{ $charge }</code>
refunded = Платёж <code>{ $charge }</code> возвращён; теперь у вас { $available }.{ $owed ->
        [0] {""}
        [one] {" "}Часть его кредитов уже потрачена: вы должны { $owed } кредит, он погасится из следующего платежа.
        [few] {" "}Часть его кредитов уже потрачена: вы должны { $owed } кредита, они погасятся из следующего платежа.
       *[other] {" "}Часть его кредитов уже потрачена: вы должны { $owed } кредитов, они погасятся из следующего платежа.
    }
paysupport = Вопросы об оплате: { $support }. Пришлите номер чека. Платёж можно вернуть, если его кредиты не потрачены.
paysupport-nobody = Чтобы вернуть платёж, напишите владельцу этого бота и пришлите номер чека. Платёж можно вернуть, если его кредиты не потрачены.

redeem-usage = Пришлите /redeem и код, например <code>/redeem WELCOME</code>
redeemed = Промокод принят; теперь у вас <b>{ $available ->
        [one] { $available } кредит
        [few] { $available } кредита
       *[other] { $available } кредитов
    }</b>.{ $owed ->
        [0] {""}
        [one] {" "}Он погасил часть долга: вы должны ещё { $owed } кредит.
        [few] {" "}Он погасил часть долга: вы должны ещё { $owed } кредита.
       *[other] {" "}Он погасил часть долга: вы должны ещё { $owed } кредитов.
    }

refusal-not-enough-credits = Не хватает кредитов: нужно { $price }, есть { $available }. Купить ещё — /topup.
refusal-max-price-exceeded = Это стоит { $price } — больше заданного предела { $max_price }.
refusal-invalid-amount = Количество должно быть от 1 до { $most }.
refusal-books-disagree = Ошибка в нашем учёте; она записана в журнал.
refusal-model-not-found = Модель «{ $model }» больше недоступна. Доступные модели — в /models.
refusal-version-missing = Укажите версию модели, например { $model }@1.
refusal-wrong-model-state = Состояние модели «{ $model }» — { $state }, поэтому это невозможно.
refusal-checksum-mismatch = Полученный файл отличается от отправленного. Отправьте его ещё раз.
refusal-invalid-share = Канарейка обслуживает от 1 до 50 % пользователей.
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
refusal-no-classes = Ответы модели — не классы, поэтому выбрать число классов нельзя.
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
refusal-too-many-streams = Открыто слишком много потоков событий (не больше { $most }). Сначала закройте один из них.
refusal-idempotency-conflict = Это сообщение уже было использовано для другого запроса.
refusal-invalid-email = Это не адрес электронной почты.
refusal-invalid-password = В пароле должно быть от { $least } до { $most ->
        [one] { $most } символа
       *[other] { $most } символов
    }.
refusal-email-taken = Аккаунт с таким адресом уже есть.
refusal-wrong-credentials = Адрес или пароль неверны.
refusal-invalid-token = Это больше не действует.
refusal-user-not-found = Этот аккаунт закрыт. Новый откроет /start.
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
refusal-dead-letter-not-found = Такого недоставленного сообщения нет.
refusal-api-key-not-found = Такого ключа API нет.
webhook-gone = Ваш вебхук { $url } отключён: его получатель сообщил, что больше не существует. Чтобы снова им пользоваться, включите его через API. Его id: <code>{ $id }</code>.
webhook-failing = Ваш вебхук { $url } отключён: пять дней все вызовы заканчивались неудачей. Когда получатель снова заработает, включите вебхук через API и повторите неудавшиеся доставки. Его id: <code>{ $id }</code>.
refusal-webhook-not-found = Такого вебхука нет.
refusal-delivery-not-found = Такой доставки нет.
refusal-invalid-webhook = Вебхук недопустим: { $reason }
refusal-too-many-webhooks = У вас уже { $most ->
        [one] { $most } вебхук
        [few] { $most } вебхука
       *[other] { $most } вебхуков
    }, это максимум.
refusal-webhook-disabled = Вебхук отключён. Сначала включите его.
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
refusal-sign-in-expired = Этот запрос на вход уже использован, прерван неверным числом, или ему больше пяти минут. Начните на странице заново.
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
refusal-account-blocked = Этот аккаунт заблокирован. Связаться с владельцем сервиса — /paysupport
refusal-own-account = Нельзя заблокировать собственный аккаунт.
refusal-top-up-not-found = У этого аккаунта нет такого пополнения.
refusal-already-reversed = Это пополнение уже отменено, целиком или частично.
refusal-debt-unsettled = Аккаунт этого чата должен { $debt ->
        [one] { $debt } кредит
        [few] { $debt } кредита
       *[other] { $debt } кредитов
    }: платёж возвращён, когда его кредиты были уже потрачены. Сначала погасите долг: /topup.
refusal-not-reversible = Отозвать можно не больше, чем доступно: { $available ->
        [one] { $available } кредит
        [few] { $available } кредита
       *[other] { $available } кредитов
    }.
