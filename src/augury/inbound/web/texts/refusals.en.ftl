
refusal-not-enough-credits = Not enough credits: this costs { $price }, you have { $available }. The page “Credits” says how to get more.
refusal-max-price-exceeded = This costs { $price }, more than the limit of { $max_price } that was set for it.
refusal-invalid-amount = The amount must be from 1 to { $most }.
refusal-books-disagree = Something is wrong with our accounts; the error was logged.
refusal-model-not-found = There is no model “{ $model }”. The start page lists the available models.
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
refusal-idempotency-conflict = This form was already sent with other data. Load the page again.
refusal-invalid-email = This is not an e-mail address.
refusal-invalid-password = A password must have { $least } to { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }.
refusal-email-taken = An account with this address already exists.
refusal-wrong-credentials = The address or the password is wrong.
refusal-invalid-token = This is no longer valid.
refusal-user-not-found = There is no such account. It may have been closed.
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
refusal-api-key-not-found = There is no such API key.
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
refusal-sign-in-expired = The request to sign in was used before, was refused, or is older than five minutes. Begin again.
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
refusal-account-blocked = This account is blocked. Write to the operator of this service.
refusal-own-account = You cannot block your own account.
refusal-top-up-not-found = This account has no such top-up.
refusal-already-reversed = This top-up has already been reversed, in whole or in part.
refusal-debt-unsettled = The account owes { $debt ->
        [one] { $debt } credit
       *[other] { $debt } credits
    } for a payment that was returned after it was spent. Settle the debt first.
refusal-not-reversible = At most the { $available ->
        [one] { $available } available credit
       *[other] { $available } available credits
    } can be taken back.
refusal-too-many-streams = Too many event streams are open (the limit is { $most }). Close one first.
refusal-webhook-not-found = There is no such webhook.
refusal-delivery-not-found = There is no such delivery.
refusal-invalid-webhook = The webhook is not valid: { $reason }
refusal-too-many-webhooks = You already have { $most ->
        [one] { $most } webhook
       *[other] { $most } webhooks
    }, which is the maximum.
refusal-webhook-disabled = The webhook is disabled. Enable it first.
refusal-dead-letter-not-found = There is no such dead letter.
refusal-version-missing = Name a version of the model, such as { $model }@1.
refusal-no-classes = The model does not answer with classes, so you cannot choose how many classes to list.
