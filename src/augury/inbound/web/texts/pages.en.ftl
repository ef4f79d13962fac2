skip = Skip to the content
nav-main = Main
nav-predictions = Predictions
nav-files = Files
nav-money = Credits
nav-account = Account
nav-sign-in = Sign in
nav-sign-out = Sign out
nav-register = Register
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
start-no-models = No model is offered yet. An administrator can add one with `augury model add`.
start-no-description = This model has no description.
price-of-row = { $price ->
    [0] Free of charge
    [one] { $price } credit for a row
   *[other] { $price } credits for a row
}
problem-title = This did not work
problem-back = Back to the first page
problem-forged = The form was too old, or came from another page. Go back, load the page again, and send the form once more.
problem-unavailable = The service is busy or restarting. Try again in a moment.
problem-missing = There is no such page.
problem-too-large = That was too large.
problem-unreadable = The request could not be read.
problem-failed = Something went wrong on our side. The error was logged.

start-guest = You can try it without an account.
start-run-example = Run an example
start-try = Try it
price-of-text = { $price ->
    [one] { $price } credit for a kilobyte of text
   *[other] { $price } credits for a kilobyte of text
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
   *[other] A list of { $length } numbers, such as [0.1, -2, 3]
}
hint-date = A date such as 2026-11-28. Leave it empty if there is none.
hint-may-be-empty = Leave it empty if the value is missing.
explain-too = { $price ->
    [0] Say why, free of charge
    [one] Say why, for { $price } more credit
   *[other] Say why, for { $price } more credits
}
predict = Predict
many-rows = Predict a file with many rows
example-text = The delivery was quick, and I like it very much!
number-has-two-readings = This can be { $one } or { $other }. Write it without a separator of thousands.

fault-not-an-object = must be an object
fault-missing = has no value
fault-unknown = is not a feature of the model
fault-not-a-number = must be a number
fault-null = must be a number: the model does not accept missing ones
fault-not-finite = must be a number within the allowed range
fault-not-a-category = must be a text
fault-not-64-bit = must be a number within the allowed range
fault-not-a-text = must be a text
fault-not-an-embedding = must be a list of as many numbers as the model takes, such as [0.1, -2, 3]
fault-not-a-date = must be a date such as 2026-11-28
fault-too-long = is too long
fault-not-storable = has characters that cannot be stored
fault-not-explained = its reasons do not add up to its prediction, so it is neither answered nor charged
fault-not-predicted = the model could not predict this row
doubt-unseen-category = the model was not trained on this category
doubt-unseen-null = has no value; it always had one when the model was trained
doubt-crossed-quantiles = a quantile is below one of a smaller alpha: the model estimates them so
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
failure-no-valid-row = The model could use none of the rows. Nothing was charged.
failure-model-unavailable = The model is not available at the moment. Nothing was charged.
failure-too-many-attempts = It was tried several times without success. Nothing was charged.
failure-input-gone = Its rows are not stored any more. Nothing was charged.
answer-forgotten = The input and the answer were deleted.
answer-unsure = The model is not sure.
answer-no-label = None
answer-independent = Each label has a probability of its own, so they do not add up to 100 %.
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
percent = { NUMBER($share, maximumFractionDigits: 1) } %
row = Row { $row }
rows = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}
rows-shown = The first { $shown } of { $rows } rows are shown.
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
prediction-id = Number { $id }
input = What was sent
cancel = Cancel
repeat = Repeat
another = New prediction
forget = Forget it
forget-lead = The input and the answer are deleted for good. What it cost stays in the statement.
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
predictions-none-here = None on this page; older ones may match.
predictions-no-match = None match.
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
