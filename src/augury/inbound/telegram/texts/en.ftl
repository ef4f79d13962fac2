# The bot's English texts, in Telegram's HTML. Values are escaped before they are inserted.

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
button-no-sign-in = ✖ Do not sign in
button-refuse = ✖ Refuse
button-delete = 🗑 Delete everything
button-keep = ◀ Keep it
button-why = 💡 Why? · { $price ->
        [0] free
        [one] { $price } credit
       *[other] { $price } credits
    }
button-missing = no value
button-older = older ▶
button-newest = ⏮ newest
button-more = more ▶
button-first = ⏮ first
button-package = { $credits ->
        [one] { $credits } credit
       *[other] { $credits } credits
    } · ⭐ { $stars }

command-start = Start, or link an account
command-predict = Make a prediction, step by step
command-balance = Your credits
command-history = Your predictions
command-models = Choose a model
command-topup = Buy credits with Telegram Stars
command-redeem = Redeem a promo code
command-language = Русский or English
command-help = What I can do
command-paysupport = Questions about a payment
command-privacy = The data I store about you
command-unlink = Unlink this chat from an account
command-delete = Delete your account and your data
command-cancel = Cancel my questions

credits = { $credits ->
        [one] { $credits } credit
       *[other] { $credits } credits
    }

welcome = Hello! I run machine-learning models.
    Send me a text, or a CSV file with many rows, and I will make predictions with <b>{ $model }</b>.

    You have <b>{ $credits }</b>. /help shows everything I can do.
linked = This chat is now linked to your account: they share credits and history. You have <b>{ $credits }</b>.
link-question = Link this chat to the account <b>{ $account }</b>?

    What you have here, { $credits } and your history, moves to that account. The account's owner will be able to read what you send here and to spend the credits that you buy here.
    Refuse if this is not your account. The link works for ten minutes.
    You can undo it with /unlink. You then get back the credits that you bought here after linking, if the account still has them. What moves now stays in the account.
link-refused = This chat was not linked. The link cannot be used again.
sign-in-question = Sign in { $account } on the site? The browser: { $client }.

    Press the number that the page shows. If you did not open the page yourself just now, somebody else is trying to sign in as you: do not sign in.
sign-in-account = to the account <b>{ $account }</b>
sign-in-own-account = to the account of this chat
sign-in-confirmed = Done. Go back to the page: it signs you in within a few seconds.
sign-in-refused = Nobody was signed in. The link cannot be used again.
unlinked = This chat is no longer linked. It has its own account again, with <b>{ $credits }</b>. Browsers that this chat signed in are signed out.
privacy = <b>The data I store about you</b>
    Your Telegram number, your language, the model you chose, and the question I am asking.
    The data you send for predictions, and the answers, until you send /delete. Those of longer files are deleted { $days ->
        [one] { $days } day
       *[other] { $days } days
    } after the answer. Your messages are stored until I have handled them, and their numbers for two more days.
    Your credits, and for each payment its receipt, its amount and your Telegram number. Payments and movements of credits stay in our accounts, even after /delete.
    A code made from your Telegram number, so that nobody gets the welcome credits twice.

    If this chat is linked to an account, the account's owner can see your predictions.
    /unlink unlinks the chat. /delete deletes everything else.
delete-question = Delete your account and everything you sent? You will lose <b>{ $credits }</b>. This cannot be undone.
delete-linked = This chat is linked to the account { $account }, which can only be closed where it was made (<code>DELETE /users/me</code>). /unlink gives this chat its own account, which you can delete here.
deleted = Your account is closed. Everything you sent and the answers are deleted. If you write to me again, I will open a new account.
kept = Nothing was deleted.
help = <b>What I can do</b>
    A text — a prediction with your model, <b>{ $model }</b>
    A CSV file — many predictions at once; you get a CSV file back
    /predict — a prediction, step by step
    /models — choose a model
    /balance — your credits
    /history — your predictions
    /topup — buy credits with Telegram Stars
    /redeem CODE — redeem a promo code
    /language — русский, English
    /cancel — cancel my questions
    /paysupport — questions about a payment
    /privacy — what I store about you
    /unlink — unlink this chat from an account
    /delete — delete your account and your data

    You pay only for rows that were predicted. If a prediction fails, you get its credits back.
unknown = I do not know this command. /help shows what I can do.
not-understood = I understand texts and CSV files. /help shows what I can do.
slow-down = Too many messages. I will answer again in { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    } and ignore everything you send until then.
trouble = Something went wrong on our side; the error was logged. Your prediction may have been made anyway: see /history.

balance = You have <b>{ $available ->
        [one] { $available } credit
       *[other] { $available } credits
    }</b>{ $held ->
        [0] .
       *[other] {""}, and { $held } reserved for running predictions.
    }{ $owed ->
        [0] {""}
        [one] {" "}You owe { $owed } credit for a payment that was returned after it was spent. Your next payment settles it first: /topup.
       *[other] {" "}You owe { $owed } credits for a payment that was returned after they were spent. Your next payment settles them first: /topup.
    }

models = <b>Models</b> — choose yours:
model-line = <b>{ $name }</b> — { $price ->
        [0] free
        [one] { $price } credit per row
       *[other] { $price } credits per row
    }; { $features }
model-text-line = <b>{ $name }</b> — { $price ->
        [0] {""}
        [one] { $price } credit per row and{" "}
       *[other] { $price } credits per row and{" "}
    }{ $text_price ->
        [one] { $text_price } credit
       *[other] { $text_price } credits
    } per kilobyte of text; { $features }
model-description = <i>{ $text }</i>
model-chosen = Your model is now <b>{ $name }</b>.
models-none = There are no models yet. Please come back later.

language = Language? / Язык?
language-chosen = I now speak English.

queued = ⏳ In the queue, { $price ->
        [0] free of charge
        [one] { $price } credit reserved
       *[other] { $price } credits reserved
    }.
queue-place = Ahead of it: { $ahead }.
queue-place-and-time = Ahead of it: { $ahead }. It should start in about { $soon } s, most likely within { $late } s.
batch-queued = ⏳ <b>{ $file }</b>: { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } in the queue, { $price ->
        [0] free of charge
        [one] { $price } credit reserved
       *[other] { $price } credits reserved
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
answer-unsure = 🤔 I am not sure. Most likely: <b>{ $label }</b>
answer-value = ✅ <b>{ $value }</b>
answer-labels = { $count ->
        [0] ✅ None of the labels is likely.
       *[other] ✅ <b>{ $labels }</b>
    }
answer-independent = Each label has a probability of its own, so they do not add up to 100%.
answer-named = ✅ { $name }: <b>{ $value }</b>
answer-uncertain = ✅ <b>{ $value }</b>, standard deviation { $deviation }
answer-rank = ✅ Score <b>{ $value }</b>. Send a CSV file to rank several rows.
why-caption = 💡 This is what raised and lowered the answer.
why-forgotten = What you sent is no longer stored, so its answer cannot be explained.
answer-named-short = { $name }: { $value }
answer-forgotten = ✅ Done. The result has been deleted since.
more-classes = … and { $count } more
batch-done = ✅ <b>{ $file }</b>: { $valid } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } predicted.
batch-caption = { $valid } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } predicted
batch-progress = ⚙ <b>{ $file }</b>: { $ended } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } done, { $charged ->
        [0] free of charge
        [one] { $charged } credit so far
       *[other] { $charged } credits so far
    }.
batch-ends-in = { $minutes ->
        [0] Less than a minute left.
        [one] About { $minutes } minute left.
       *[other] About { $minutes } minutes left.
    }
batch-canceled = ✖ <b>{ $file }</b>: canceled; { $valid } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } predicted. The credits of the other rows were returned.
batch-expired = ⌛ <b>{ $file }</b>: expired; { $valid } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } predicted. The credits of the other rows were returned.
batch-failed = ❌ <b>{ $file }</b>: the model could not predict any row. Your credits were returned.
batch-errors-caption = { $count ->
        [one] { $count } row without an answer, and why. Correct it and send me this file.
       *[other] { $count } rows without an answer, and why. Correct them and send me this file.
    }
batch-not-sent = Telegram does not accept { $file } ({ $size } MB). You can read it through the API at <code>{ $path }</code>, with an account that is linked to this chat.
batch-forgotten = The results have been deleted since.
batch-unsent = Telegram does not accept the file with the results. They are stored under prediction <code>{ $id }</code>.
failed-no_valid_row = ❌ The model could not use any row. Your credits were returned.
failed-model_unavailable = ❌ The model is not available at the moment. Your credits were returned.
failed-too_many_attempts = ❌ The prediction failed three times. Your credits were returned.
failed-input_gone = ❌ The rows are no longer stored. Your credits were returned.
failed-reason = Reason: { $reason }
canceled = ✖ Canceled. Your credits were returned.
expired = ⌛ The prediction waited too long and has expired. Your credits were returned.
left = { $left } left

ask = Question { $step } of { $steps }: <b>{ $feature }</b>
ask-price = <b>{ $model }</b>, { $price ->
        [0] free of charge
        [one] { $price } credit
       *[other] { $price } credits
    } for this prediction.
ask-text-price = <b>{ $model }</b>, { $price ->
        [0] {""}
        [one] { $price } credit for this prediction and{" "}
       *[other] { $price } credits for this prediction and{" "}
    }{ $text_price ->
        [one] { $text_price } credit
       *[other] { $text_price } credits
    } per kilobyte of its text.
ask-numeric = Send a number, such as 12 or 3.5.
ask-categorical = Choose a value, or send your own.
ask-text = Send a text.
ask-embedding = { $length ->
        [0] Send a list of numbers, such as [0.1, -2, 3].
        [one] Send a list of { $length } number, such as [0.1].
       *[other] Send a list of { $length } numbers, such as [0.1, -2, 3].
    }
ask-date = Send a date such as 28.11.2026, or 28.11.2026 09:30.
which-number = “{ $value }” can mean two numbers. Do you mean { $one } or { $other }?
wrong-number = “{ $value }” is not a number. Send a number such as 12 or 3.5.
wrong-embedding = This is not a list of as many numbers as the model takes. Send it in brackets, with commas between the numbers.
wrong-range = This number is too large for the model.
wrong-date = “{ $value }” is not a date. Send a date such as 28.11.2026.
wrong-text = The model cannot use this text.
wrong-long = This text is too long for the model; please shorten it.
dialogue-over = All right, canceled.
file-left = All right, <b>{ $file }</b> will not be predicted.
nothing-to-cancel = Nothing to cancel.
stale = This button is from an earlier question.
use-predict = <b>{ $model }</b> needs { $features ->
        [one] { $features } value
       *[other] { $features } values
    }. Use /predict or send a CSV file.

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
csv-checked = I have checked the first { $checked ->
        [one] row
       *[other] { $checked } rows
    }. Rows with mistakes further down are not charged either.
csv-bad-line = row { $row }: { $reason }
csv-encoding = I read the file as { $encoding }.
csv-too-large = The file is too large: at most { $most ->
        [one] { $most } byte
       *[other] { $most } bytes
    }.
csv-gone = I could not download this file from Telegram. Please send it again.
csv-not-csv = I cannot read this CSV file: { $reason }
unreadable-not-text = it is not text in an encoding that I know. Save it as “CSV UTF-8”
unreadable-broken-utf8 = it is UTF-8, but line { $line } has invalid bytes. Correct that line, or save the file as “CSV UTF-8” again
unreadable-no-header = its first line must name the columns
unreadable-missing-columns = these columns are missing: { $columns }
unreadable-misread-columns = these columns are missing: { $columns }. I read the file as { $encoding }; if that is wrong, save it as “CSV UTF-8”
unreadable-duplicate-columns = these columns occur more than once: { $columns }. Keep one of each
unreadable-no-rows = it has no rows
unreadable-ragged-row = row { $row } has more values than there are columns
unreadable-long-value = a value at line { $line } has more than { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }; perhaps a quotation mark before it is not closed
unreadable-long-row = row { $row } has more than { $most } MB
unreadable-rows-too-large = unpacked, its rows take more than { $most } bytes. Leave out columns that are empty or always the same
unreadable-unclosed-quote = a quotation mark at line { $line } is not closed
unreadable-unclear-number = row { $row }, { $column }: “{ $text }” can mean { $one } or { $other }, and the other numbers in this column do not tell which. Write { $one } or { $other } there, without the comma
csv-only = I can only read CSV files.
price-changed = The price has changed in the meantime.
csv-column-row = row
csv-column-error = error
csv-error-canceled = was canceled before it was predicted
csv-error-expired = waited too long and was not predicted
csv-error-failed = could not be predicted
csv-error-unlisted = this row was not predicted; the file has too many errors to keep the reason of each

reason-field = { $field }: { $reason }
reason-number = must be a number
reason-null = must be a number: the model does not accept missing values
reason-range = must be a number within the allowed range
reason-text = must be a text
reason-embedding = must be a list of as many numbers as the model takes, such as [0.1, -2, 3]
reason-date = must be a date such as 28.11.2026 or 2026-11-28
reason-long = is too long; please shorten it
reason-missing = is missing
reason-characters = has characters that cannot be stored
reason-extra = is not a feature of the model
reason-row = must be an object
reason-unexplained = its explanation does not add up to its prediction, so it is neither answered nor charged
reason-broke = the model could not predict this row

warning = ⚠ { $doubt }
batch-warnings = ⚠ { $count ->
        [one] { $count } warning: the
       *[other] { $count } warnings: the
    } file says which answers may be wrong, and why.
csv-column-warning = warning
doubt-category = the model was not trained on this category
doubt-null = has no value; it always had one when the model was trained
doubt-quantiles = the quantiles are not in the order of their alphas
doubt-more = { $count ->
        [one] { $count } more warning is not listed
       *[other] { $count } more warnings are not listed
    }

history-empty = No predictions yet. Send me a text.
history = <b>Your predictions</b>, newest first; times are in UTC
history-line = { $icon } { $when } · { $model } · { $what }{ $refunded ->
        [0] {""}
        [one] {""} · { $refunded } credit refunded
       *[other] {""} · { $refunded } credits refunded
    }
history-batch = { $done } of { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    }
history-rows = { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    }

topup = Buy credits with Telegram Stars:
topup-none = No credits are on sale at the moment.
invoice-title = { $credits ->
        [one] { $credits } credit
       *[other] { $credits } credits
    }
invoice-description = Credits for predictions. They do not expire.
checkout-refused = This offer is no longer available. Please send /topup again.
paid = ⭐ Thank you! { $credits ->
        [one] { $credits } credit was
       *[other] { $credits } credits were
    } added{ $repaid ->
        [0] {""}
       *[other] {""}, { $repaid } of them settled your debt
    }; you now have <b>{ $available }</b>. Receipt: <code>{ $charge }</code>
refunded = The payment <code>{ $charge }</code> was refunded; you now have { $available }.{ $owed ->
        [0] {""}
        [one] {" "}Some of its credits were already spent: you owe { $owed } credit, which your next payment settles first.
       *[other] {" "}Some of its credits were already spent: you owe { $owed } credits, which your next payment settles first.
    }
paysupport = Questions about a payment: { $support }. Please send the receipt number. A payment can be refunded if its credits are not spent.
paysupport-nobody = For a refund, please write to the operator of this bot and send the receipt number. A payment can be refunded if its credits are not spent.

redeem-usage = Send /redeem and the code, such as <code>/redeem WELCOME</code>
redeemed = The code was redeemed; you now have <b>{ $available ->
        [one] { $available } credit
       *[other] { $available } credits
    }</b>.{ $owed ->
        [0] {""}
        [one] {" "}It settled a part of your debt: you still owe { $owed } credit.
       *[other] {" "}It settled a part of your debt: you still owe { $owed } credits.
    }

refusal-not-enough-credits = Not enough credits: this costs { $price }, you have { $available }. Use /topup to buy more.
refusal-max-price-exceeded = This costs { $price }, more than the limit of { $max_price } that was set for it.
refusal-invalid-amount = The amount must be from 1 to { $most }.
refusal-books-disagree = Something is wrong with our accounts; the error was logged.
refusal-model-not-found = The model “{ $model }” is no longer available. /models shows the available ones.
refusal-version-missing = Name a version of the model, such as { $model }@1.
refusal-wrong-model-state = The model “{ $model }” is { $state }, so this cannot be done.
refusal-checksum-mismatch = The received file differs from the file that was sent. Send it again.
refusal-invalid-share = A canary serves 1 to 50 % of the users.
refusal-nothing-to-roll-back = No earlier version of “{ $model }” can serve again.
refusal-empty-model-file = The model file is empty.
refusal-empty-table = The table is empty.
refusal-too-many-trainings = Too many trainings are unfinished ({ $pending } of { $most }). Wait until one ends, or end one.
refusal-invalid-plan = { $fault ->
        [no-target] Say which column is to be predicted.
        [two-splits] Give a time column or a group column, not both.
        [target-has-kind] The column to predict is not used for the prediction, so it cannot have a kind.
        [no-cost] Both costs must be above 0.
        [costs-form] Write the costs of a false positive and of a false negative, such as 1:5.
        [characters] A name has characters that no column can have.
       *[kinds-form] The kind of a column cannot be read: { $reason }
    }
refusal-training-not-found = There is no such training.
refusal-training-ended = Too late: the training has ended.
refusal-card-not-found = The model “{ $model }” has no card.
refusal-invalid-model-name = “{ $name }” is not a valid model name.
refusal-model-refused = The model cannot be used: { $reason }
refusal-unfit-for-model = This does not fit the model: { $reason }
refusal-prediction-not-found = There is no such prediction.
refusal-wrong-status = Too late: the prediction is already running or finished.
refusal-no-valid-row = The model cannot use any of this input; nothing was charged. { $reason }
refusal-not-explained = The answers of “{ $model }” cannot be explained: { $reason }
refusal-explanation-too-large = Explaining { $rows } rows is too much work. Ask for at most { $most_rows } rows at once.
refusal-no-explanation = This prediction has no explanation of that row.
refusal-no-rows = There are no rows.
refusal-too-many-rows = { $rows ->
        [one] { $rows } row is
       *[other] { $rows } rows are
    } too many: send 1 to { $most }.
refusal-answer-too-large = The model has { $classes } classes, so the answer for { $rows } rows would be too large. Send at most { $most_rows } rows at once.
refusal-no-classes = The model does not answer with classes, so you cannot choose how many classes to list.
refusal-expires-too-late = A prediction can wait at most { $most } seconds for its start.
refusal-too-many-pending = Too many predictions are waiting already. Try again in { $retry_after ->
        [one] { $retry_after } second
       *[other] { $retry_after } seconds
    }.
refusal-batch-not-found = There is no such batch.
refusal-batch-ended = Too late: the batch has ended.
refusal-batch-too-long = The file has more than { $most } rows.
refusal-batch-purged = The rows and answers of the batch were deleted.
refusal-too-many-batches = Too many batches are unfinished ({ $pending } of { $most }). Try again in { $retry_after ->
        [one] { $retry_after } second
       *[other] { $retry_after } seconds
    }.
refusal-too-many-streams = Too many event streams are open (the limit is { $most }). Close one first.
refusal-idempotency-conflict = This message was used for another request before.
refusal-invalid-email = This is not an e-mail address.
refusal-invalid-password = A password must have { $least } to { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }.
refusal-email-taken = An account with this address already exists.
refusal-wrong-credentials = The address or the password is wrong.
refusal-invalid-token = This is no longer valid.
refusal-user-not-found = This account is closed. /start opens a new one.
refusal-predictions-under-way = There { $pending ->
        [0] is an unfinished batch. Wait for it or cancel it
        [one] is { $pending } unfinished prediction. Wait for it or cancel it
       *[other] are { $pending } unfinished predictions. Wait for them or cancel them
    } first.
refusal-credits-left = The account still has { $available ->
        [one] { $available } credit, which
       *[other] { $available } credits, which
    } will be lost with it.
refusal-too-many-tries = Too many attempts. Wait { $retry_after ->
        [one] { $retry_after } second
       *[other] { $retry_after } seconds
    }.
refusal-guests-not-served = This service does not accept guests.
refusal-too-many-guests = No more guests are accepted today.
refusal-invalid-api-key-name = A key's name must have at most { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }.
refusal-too-many-api-keys = You already have { $most ->
        [one] { $most } API key
       *[other] { $most } API keys
    }, which is the maximum.
refusal-dead-letter-not-found = There is no such dead letter.
refusal-api-key-not-found = There is no such API key.
webhook-gone = Your webhook { $url } was disabled: its receiver says that it is gone. To use it again, enable it through the API. Its id is <code>{ $id }</code>.
webhook-failing = Your webhook { $url } was disabled, because every call has failed for five days. When its receiver works again, enable it through the API and replay what failed. Its id is <code>{ $id }</code>.
refusal-webhook-not-found = There is no such webhook.
refusal-delivery-not-found = There is no such delivery.
refusal-invalid-webhook = The webhook is not valid: { $reason }
refusal-too-many-webhooks = You already have { $most ->
        [one] { $most } webhook
       *[other] { $most } webhooks
    }, which is the maximum.
refusal-webhook-disabled = The webhook is disabled. Enable it first.
refusal-spending-limit-reached = This costs { $price }. The API key has spent { $spent } of { $limit } in this period.
refusal-too-many-requests = Too many requests. Wait { $retry_after ->
        [one] { $retry_after } second
       *[other] { $retry_after } seconds
    }.
refusal-scope-missing = The API key has no scope “{ $scope }”.
refusal-model-not-listed = The API key is not for the model “{ $model }”.
refusal-expiry-not-shortened = The expiry of an API key can only be brought forward.
refusal-not-by-api-key = This cannot be done with an API key. Sign in with the password.
refusal-not-allowed = Only an administrator can do this.
refusal-invalid-link = This link was used before or is older than ten minutes. Please request a new one.
refusal-chat-linked = This chat is already linked to another account.
refusal-chat-not-linked = This chat is not linked to an account.
refusal-sign-in-expired = This request to sign in was used before, was ended by a wrong number, or is older than five minutes. Begin again on the page.
refusal-sign-in-by-password = Administrators sign in with their e-mail address and password only.
refusal-no-bot = This service has no bot.
refusal-payment-not-found = There is no payment { $charge_id }.
refusal-refund-refused = The credits were taken back, but Telegram has not refunded the payment yet: { $reason }
refusal-invalid-promo-code = A promo code must have 3 to 40 letters, digits, “_” or “-”.
refusal-promo-code-taken = The code { $code } already exists.
refusal-promo-code-not-found = This code does not exist or has expired.
refusal-promo-code-used-up = This code has been used up.
refusal-promo-code-redeemed = You have already redeemed this code.
refusal-already-refunded = This has already been refunded.
refusal-check-under-way = Another check of the books is running.
refusal-payment-taken = This payment was already credited, to another account or with another amount.
refusal-not-refundable = The refund must not exceed the { $charged ->
        [one] { $charged } credit that was
       *[other] { $charged } credits that were
    } charged.
refusal-own-role = You cannot change your own role.
refusal-account-blocked = This account is blocked. To contact the operator, use /paysupport
refusal-own-account = You cannot block your own account.
refusal-top-up-not-found = This account has no such top-up.
refusal-already-reversed = This top-up has already been reversed, in whole or in part.
refusal-debt-unsettled = This chat's account owes { $debt ->
        [one] { $debt } credit
       *[other] { $debt } credits
    } for a payment that was returned after it was spent. Settle the debt first: /topup.
refusal-not-reversible = At most the { $available ->
        [one] { $available } available credit
       *[other] { $available } available credits
    } can be taken back.
