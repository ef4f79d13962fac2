# What the bot says in English. HTML is Telegram's own; values are escaped before they come here.

button-predict = 🔮 Predict
button-balance = 💳 Balance
button-history = 📜 History
button-models = 🧠 Models
button-topup = ⭐ Top up
button-help = ❓ Help
button-back = ◀ Back
button-cancel = ✖ Cancel
button-confirm = ✅ Predict
button-link = ✅ Link
button-refuse = ✖ Refuse
button-delete = 🗑 Delete everything
button-keep = ◀ Keep it
button-missing = no value
button-older = older ▶
button-newest = ⏮ newest
button-more = more ▶
button-first = ⏮ first
button-package = { $credits ->
        [one] { $credits } credit
       *[other] { $credits } credits
    } · ⭐ { $stars }

command-start = Begin, or link an account
command-predict = A prediction, step by step
command-balance = What you can spend
command-history = Your predictions
command-models = Choose a model
command-topup = Buy credits with Telegram Stars
command-redeem = Redeem a promo code
command-language = Русский or English
command-help = What I can do
command-paysupport = Questions about a payment
command-privacy = What I store about you
command-unlink = Undo a link to an account
command-delete = Delete your account and your data
command-cancel = Stop what I am asking

credits = { $credits ->
        [one] { $credits } credit
       *[other] { $credits } credits
    }

welcome = Hello! I run machine-learning models.
    Just send me a text and I will predict with <b>{ $model }</b>, or send a CSV file with many rows.

    You have <b>{ $credits }</b>. /help shows everything I can do.
linked = This chat acts for your account now; credits and history are one. You have <b>{ $credits }</b>.
link-question = Link this chat to the account <b>{ $account }</b>?

    What you have here, { $credits } and your history, moves to that account. The account's owner can read what you send here and spend what you buy here.
    Refuse if this account is not yours. The link ends ten minutes after it was made.
    /unlink undoes it: the credits that you buy here after linking come back, as far as the account still has them. What moves now stays there.
link-refused = This chat was not linked, and the link cannot be used again.
unlinked = This chat is not linked any more. It has an account of its own, with <b>{ $credits }</b>.
privacy = <b>What I store about you</b>
    Your Telegram number, your language, the model you chose, and the question I am asking.
    What you send to be predicted, and the answers, until you send /delete. A message is stored until I have handled it; that it was here is remembered for two days.
    Your credits, and for each payment its receipt, its amount and your Telegram number. Payments and movements of credits are kept as accounts, also after /delete.
    That your Telegram number was welcomed is kept as a code, so that nobody is welcomed twice.

    If this chat is linked to an account, its owner sees your predictions.
    /unlink undoes a link. /delete deletes the rest.
delete-question = Delete your account and everything you sent? <b>{ $credits }</b> will be lost. This cannot be undone.
delete-linked = This chat is linked to the account { $account }, which is closed where it was made (<code>DELETE /users/me</code>). /unlink gives this chat an account of its own, which you can delete here.
deleted = Your account is closed; what you sent and the answers are deleted. If you write to me again, I open a new account.
kept = Nothing was deleted.
help = <b>What I can do</b>
    A text — a prediction with your model, <b>{ $model }</b>
    A CSV file — many rows at once, answered with a CSV file
    /predict — a prediction, step by step
    /models — choose the model
    /balance — what you can spend
    /history — your predictions
    /topup — buy credits with Telegram Stars
    /redeem CODE — a promo code
    /language — русский, English
    /cancel — stop what I am asking
    /paysupport — questions about a payment
    /privacy — what I store about you
    /unlink — undo a link to an account
    /delete — delete your account and your data

    A prediction is charged only for rows that were predicted; if it fails, the credits come back by themselves.
unknown = I do not know this command. /help shows what I can do.
not-understood = I understand texts and CSV files. /help shows what I can do.
slow-down = That is a lot at once. I read on in { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    }; what you send until then is passed over.
trouble = Something went wrong here; it was logged. What was predicted all the same is in /history.

balance = You have <b>{ $available ->
        [one] { $available } credit
       *[other] { $available } credits
    }</b>{ $held ->
        [0] .
       *[other] {""}, and { $held } set aside for predictions under way.
    }

models = <b>Models</b> — choose yours:
model-line = <b>{ $name }</b> — { $price ->
        [0] free
        [one] { $price } credit a row
       *[other] { $price } credits a row
    }; { $features }
model-description = <i>{ $text }</i>
model-chosen = Your model is <b>{ $name }</b> now.
models-none = There is no model yet. Come back later.

language = Language? / Язык?
language-chosen = I speak English now.

queued = ⏳ In the queue, { $price ->
        [0] free of charge
        [one] { $price } credit set aside
       *[other] { $price } credits set aside
    }.
batch-queued = ⏳ <b>{ $file }</b>: { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } in the queue, { $price ->
        [0] free of charge
        [one] { $price } credit set aside
       *[other] { $price } credits set aside
    }.
batch-running = ⚙ <b>{ $file }</b>: { $rows ->
        [one] { $rows } row is
       *[other] { $rows } rows are
    } being predicted…
charged = { $charged ->
        [0] Free of charge
        [one] { $charged } credit
       *[other] { $charged } credits
    } · { $left } left
answer-label = ✅ <b>{ $label }</b>
answer-value = ✅ <b>{ $value }</b>
answer-forgotten = ✅ Done, and forgotten since.
more-classes = … and { $count } more
batch-done = ✅ <b>{ $file }</b>: { $valid } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } predicted.
batch-caption = { $valid } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } predicted
batch-unsent = Telegram does not take the file with the results. They are kept as the prediction <code>{ $id }</code>.
failed-no_valid_row = ❌ The model could use no row. The credits are back.
failed-model_unavailable = ❌ The model cannot be used at the moment. The credits are back.
failed-too_many_attempts = ❌ This could not be computed, also at the third try. The credits are back.
failed-reason = Reason: { $reason }
canceled = ✖ Canceled. The credits are back.
expired = ⌛ It waited too long and was given up. The credits are back.
left = { $left } left

ask = Question { $step } of { $steps }: <b>{ $feature }</b>
ask-price = <b>{ $model }</b>, { $price ->
        [0] free of charge
        [one] { $price } credit
       *[other] { $price } credits
    } at the end.
ask-numeric = A number, such as 12 or 3.5.
ask-categorical = Choose, or write it.
ask-text = A text.
which-number = “{ $value }” can be two numbers. Do you mean { $one } or { $other }?
wrong-number = “{ $value }” is no number. Write one such as 12 or 3.5.
wrong-range = This number is too large for the model.
wrong-text = The model cannot take this text.
dialogue-over = All right, I asked nothing.
file-left = All right, <b>{ $file }</b> is not predicted.
nothing-to-cancel = I am not asking anything.
stale = This button is from an earlier question.
use-predict = <b>{ $model }</b> wants { $features ->
        [one] { $features } value
       *[other] { $features } values
    }. Begin with /predict, or send a CSV file.

csv-confirm = <b>{ $file }</b>: { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } for <b>{ $model }</b>, { $price ->
        [0] free of charge
        [one] { $price } credit
       *[other] { $price } credits
    }{ $bad ->
        [0] .
        [one] ; { $bad } row has a mistake and is not charged.
       *[other] ; { $bad } rows have mistakes and are not charged.
    }
csv-bad-line = row { $row }: { $reason }
csv-encoding = I read it as { $encoding }.
csv-too-large = The file is too large: at most { $most ->
        [one] { $most } byte
       *[other] { $most } bytes
    }.
csv-gone = Telegram does not give me this file. Please send it again.
csv-not-csv = This is no CSV file that I can read: { $reason }
unreadable-not-text = it is no text in an encoding that I know. Save it as “CSV UTF-8”
unreadable-broken-utf8 = it is UTF-8, but line { $line } has bytes that are not. Correct that line, or save the file as “CSV UTF-8” again
unreadable-no-header = its first line must name the columns
unreadable-missing-columns = these columns are missing: { $columns }
unreadable-duplicate-columns = these columns are there more than once: { $columns }. Leave one of each
unreadable-no-rows = it has no rows
unreadable-ragged-row = row { $row } has more values than there are columns
unreadable-long-value = at line { $line } a value has more than { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }; perhaps a quotation mark before it is not closed
unreadable-unclosed-quote = a quotation mark at line { $line } is not closed
unreadable-unclear-number = row { $row }, { $column }: “{ $text }” is { $one } or { $other }, and no other number in this column tells which. Write { $one } or { $other } there, without the comma
csv-only = I read CSV files only.
price-changed = The price has changed meanwhile.
csv-column-row = row
csv-column-error = error

reason-field = { $field }: { $reason }
reason-number = must be a number
reason-null = must be a number, the model forbids missing ones
reason-range = must be a number within the limits
reason-text = must be a text
reason-missing = is missing
reason-characters = has characters that cannot be stored
reason-extra = is not a feature of the model
reason-row = must be an object
reason-broke = the model could not predict this row

warning = ⚠ { $doubt }
batch-warnings = ⚠ { $count ->
        [one] { $count } warning: the
       *[other] { $count } warnings: the
    } file says which answers may be wrong, and why.
csv-column-warning = warning
doubt-category = the model was not trained on this category
doubt-null = has no value; it always had one when the model was trained
doubt-more = { $count ->
        [one] { $count } more warning is not listed
       *[other] { $count } more warnings are not listed
    }

history-empty = No predictions yet. Send me a text.
history = <b>Your predictions</b>, newest first; the times are UTC
history-line = { $icon } { $when } · { $model } · { $what }
history-rows = { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    }

topup = Credits for Telegram Stars:
topup-none = Nothing is on sale here at the moment.
invoice-title = { $credits ->
        [one] { $credits } credit
       *[other] { $credits } credits
    }
invoice-description = Credits for predictions. They do not expire.
checkout-refused = This offer is not available any more. Please send /topup again.
paid = ⭐ Thank you! { $credits ->
        [one] { $credits } credit was
       *[other] { $credits } credits were
    } added; you have <b>{ $available }</b> now. Receipt: <code>{ $charge }</code>
refunded = The payment <code>{ $charge }</code> was returned; you have { $available } now.
paysupport = Questions about a payment: { $support }. Please send the receipt's number; a payment can be returned while its credits are not spent.
paysupport-nobody = To have a payment returned, write to whoever runs this bot, with the receipt's number. A payment can be returned while its credits are not spent.

redeem-usage = Send /redeem and the code, such as <code>/redeem WELCOME</code>
redeemed = The code was redeemed; you have <b>{ $available }</b> now.

refusal-not-enough-credits = Not enough credits: it costs { $price }, you have { $available }. /topup adds some.
refusal-invalid-amount = This amount is not possible: from 1 to { $most }.
refusal-books-disagree = Something is wrong with the books here; it was logged.
refusal-model-not-found = There is no model “{ $model }” any more. /models shows what there is.
refusal-invalid-model-name = “{ $name }” is no name of a model.
refusal-model-refused = The model cannot be used: { $reason }
refusal-unfit-for-model = This does not fit the model: { $reason }
refusal-prediction-not-found = There is no such prediction.
refusal-wrong-status = Too late: it is already being worked on, or done.
refusal-no-valid-row = The model cannot use any of this; nothing was charged. { $reason }
refusal-no-rows = There are no rows.
refusal-too-many-rows = { $rows ->
        [one] { $rows } row is
       *[other] { $rows } rows are
    } not possible: from 1 to { $most }.
refusal-expires-too-late = A prediction waits { $most } seconds at most for its start.
refusal-too-many-pending = Too much is waiting already. Try again in { $retry_after ->
        [one] { $retry_after } second
       *[other] { $retry_after } seconds
    }.
refusal-idempotency-conflict = This message was used for something else before.
refusal-invalid-email = This is not an e-mail address.
refusal-invalid-password = A password has { $least } to { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }.
refusal-email-taken = There is an account with this address.
refusal-wrong-credentials = The address or the password is wrong.
refusal-invalid-token = This is not valid any more.
refusal-user-not-found = This account is closed. /start opens a new one.
refusal-predictions-under-way = There { $pending ->
        [one] is { $pending } prediction
       *[other] are { $pending } predictions
    } under way here: finish or cancel first.
refusal-credits-left = The account still has { $available ->
        [one] { $available } credit, which is
       *[other] { $available } credits, which are
    } lost with it.
refusal-too-many-tries = Too many tries. Wait { $retry_after ->
        [one] { $retry_after } second
       *[other] { $retry_after } seconds
    }.
refusal-guests-not-served = Guests are not served here.
refusal-too-many-guests = No more guests today.
refusal-invalid-api-key-name = A key's name has at most { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }.
refusal-too-many-api-keys = You have { $most ->
        [one] { $most } API key
       *[other] { $most } API keys
    }, which is as many as allowed.
refusal-api-key-not-found = There is no such API key.
refusal-not-by-api-key = An API key cannot do this. Sign in with the password.
refusal-not-allowed = This takes an administrator.
refusal-invalid-link = This link was used before, or its ten minutes are over. Ask for a new one.
refusal-chat-linked = This chat belongs to another account already.
refusal-chat-not-linked = This chat is not linked to an account.
refusal-no-bot = There is no bot here.
refusal-payment-not-found = There is no payment { $charge_id }.
refusal-refund-refused = The credits were taken back, but Telegram has not returned the payment: { $reason }
refusal-invalid-promo-code = A promo code has 3 to 40 letters, digits, “_” and “-”.
refusal-promo-code-taken = There is a code { $code } already.
refusal-promo-code-not-found = There is no such code, or it has expired.
refusal-promo-code-used-up = This code was used up by others.
refusal-promo-code-redeemed = You have redeemed this code before.
refusal-already-refunded = This was refunded before.
refusal-check-under-way = The books are being checked just now.
refusal-payment-taken = This payment was credited before, to somebody else or with another amount.
refusal-not-refundable = No more can be given back than was charged: { $charged }.
refusal-own-role = Nobody changes a role of their own.
refusal-account-blocked = This account is blocked. Ask whoever runs this service: /paysupport
refusal-own-account = Nobody blocks an account of their own.
refusal-top-up-not-found = This account has no such top-up.
refusal-already-reversed = This top-up was taken back before, in whole or in part.
refusal-not-reversible = No more can be taken back than is available: { $available }.
