skip = Skip to the content
nav-main = Main
nav-predictions = Predictions
nav-files = Files
nav-money = Credits
nav-account = Account
nav-sign-in = Sign in
nav-sign-out = Sign out
nav-register = Register
sign-in-now = Sign in
register-now = Register
nav-api = The API for programs
request-id = Request { $id }
sign-in = Sign in
register = Register
email = E-mail address
password = Password
password-rule = At least 8 characters.
no-account-yet = No account yet?
account-already = Do you have an account?
start-title = Predictions for credits
start-lead = Choose a model, give it your data, and get its answer a moment later.
start-no-models = There are no models yet. An administrator can add one with `augury model add`.
start-no-description = This model has no description.
price-of-row = { $price ->
    [0] Free of charge
    [one] { $price } credit per row
   *[other] { $price } credits per row
}
problem-title = This did not work
problem-back-to-page = Back to the page
problem-back = Back to the start page
problem-forged = Nothing was changed: this form has expired, or you have signed in or out since. Go back to the page, sign in if it asks you to, and send the form again.
problem-unavailable = The service is busy or restarting. Try again in a moment.
problem-not-a-guest-s-prediction = There is no such prediction that was made here without an account. If it belongs to your account, sign in.
problem-missing = There is no such page.
problem-too-large = That is too much data.
problem-not-whole = “{ $typed }” is not a whole number. Go back and use digits only. Nothing was changed.
problem-not-offered = “{ $typed }” is not one of the choices on this page. Go back and choose again. Nothing was changed.
problem-too-long = A text is longer than { $most } characters. Go back and shorten it. Nothing was changed.
problem-unreadable = The request could not be read.
problem-failed = Something went wrong on our side. The error was logged.

start-guest = You can try it without an account.
start-run-example = Run an example
start-try = Try it
price-of-text = { $price ->
    [one] { $price } credit per kilobyte of text
   *[other] { $price } credits per kilobyte of text
}
you-have = { $credits ->
    [one] You have { $credits } credit.
   *[other] You have { $credits } credits.
}
guest-has = { $credits ->
    [0] Sign in to predict.
    [one] Without an account you have { $credits } free credit a day.
   *[other] Without an account you have { $credits } free credits a day.
}
choose = Choose
empty-category = (empty)
hint-embedding = { $length ->
    [0] A list of numbers, such as [0.1, -2, 3]
    [one] A list of { $length } number, such as [0.1]
   *[other] A list of { $length } numbers, such as [0.1, -2, 3]
}
hint-date = A date such as 2026-11-28. Leave it empty if there is none.
hint-may-be-empty = Leave it empty if the value is missing.
explain-too = { $price ->
    [0] Explain the answer, free of charge
    [one] Explain the answer, for { $price } more credit
   *[other] Explain the answer, for { $price } more credits
}
predict = Predict
many-rows = Predict a file with many rows
example-text = The delivery was quick, and I like it very much!
number-has-two-readings = This can mean { $one } or { $other }. Write it without a thousands separator.

fault-not-an-object = must be an object
fault-missing = has no value
fault-unknown = is not a feature of the model
fault-not-a-number = must be a number
fault-null = must be a number: the model does not accept missing values
fault-not-finite = must be a number within the allowed range
fault-not-a-category = must be a text
fault-not-64-bit = must be a number within the allowed range
fault-not-a-text = must be a text
fault-not-an-embedding = must be a list of as many numbers as the model takes, such as [0.1, -2, 3]
fault-not-a-date = must be a date such as 2026-11-28
fault-too-long = is too long
fault-not-storable = has characters that cannot be stored
fault-not-explained = the explanation does not add up to the prediction, so there is no answer and no charge
fault-not-predicted = the model could not predict this row
doubt-unseen-category = the model was not trained on this category
doubt-unseen-null = has no value; it always had one when the model was trained
doubt-crossed-quantiles = the quantiles are not in the order of their alphas
doubt-more = { $count ->
    [one] { $count } more warning is not listed
   *[other] { $count } more warnings are not listed
}
about-field = { $field }: { $sentence }

status-queued = In the queue
status-processing = Running
status-succeeded = Done
status-failed = Failed
status-canceled = Canceled
status-expired = Expired
queued-lead = { $price ->
    [0] The answer appears here. You may leave the page: nothing is lost.
    [one] { $price } credit is reserved. The answer appears here. You may leave the page: nothing is lost.
   *[other] { $price } credits are reserved. The answer appears here. You may leave the page: nothing is lost.
}
failure-no-valid-row = The model could not use any of the rows. Nothing was charged.
failure-model-unavailable = The model is not available at the moment. Nothing was charged.
failure-too-many-attempts = Several attempts failed. Nothing was charged.
failure-input-gone = The rows are no longer stored. Nothing was charged.
answer-forgotten = The input and the answer were deleted.
answer-unsure = The model is not sure.
answer-no-label = None
answer-independent = Each label has its own probability, so they do not add up to 100 %.
answer-deviation = Standard deviation { $deviation }
answer-rank = Place { $rank } of its group
value-mean = The expected value
value-median = The median
value-quantile = The quantile { $alpha }
value-expectile = The expectile { $alpha }
value-typical = A typical value
value-rate = The expected number of events
value-log-hazard = The logarithm of a relative hazard
value-score = A score without a unit
value-unknown = The value, in the unit of the training data
figure = { $value }
percent = { NUMBER($share, maximumFractionDigits: 1) }%
number = { $value }
increase = +{ $value }
decrease = −{ $value }
get-credits = Get credits
row = Row { $row }
rows = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}
rows-shown = The first { $shown } of { $rows } rows are shown.
price-changed = The price has changed in the meantime, so nothing was predicted or charged. Send the form again if you accept the new price.
probabilities = Probabilities
explanation-alt = Why: from the average, feature by feature, to the answer
warnings = Be careful
errors = Not predicted, and not charged
timeline = What happened
timeline-accepted = { $price ->
    [0] Accepted, free of charge:
    [one] Accepted, { $price } credit reserved:
   *[other] Accepted, { $price } credits reserved:
}
timeline-started = Started:
timeline-charged = { $charged ->
    [0] Nothing was charged.
    [one] { $charged } credit was charged.
   *[other] { $charged } credits were charged.
}
timeline-refunded = { $refunded ->
    [one] { $refunded } credit was refunded.
   *[other] { $refunded } credits were refunded.
}
prediction-of = Prediction of { $model }
prediction-id = ID { $id }
input = Your input
cancel = Cancel
repeat = Repeat
another = New prediction
forget = Forget it
forget-lead = The input and the answer are deleted for good. The cost stays in the statement.
forget-now = Delete input and answer
filter = Show
filter-status = Status
filter-model = Model
filter-any = Any
column-time = Time
column-model = Model
column-answer = Answer
column-charged = Credits
predictions-none = You have no predictions yet.
predictions-none-link = Choose a model
predictions-none-here = No predictions on this page match. Older ones may match.
predictions-no-match = No predictions match.
predictions-all = Show all
pages = Pages
newest = Newest
older = Older
queue-place = { $ahead ->
    [0] It is next.
    [one] { $ahead } prediction is ahead of it.
   *[other] { $ahead } predictions are ahead of it.
}
queue-starts-in = { $seconds ->
    [0] It starts in a moment.
    [one] It starts in about { $seconds } second.
   *[other] It starts in about { $seconds } seconds.
}
so-far = (so far)
