desk-trainings = Trainings
desk-trainings-none = Nothing was trained here yet. Send a table below.
desk-train = Train a model
desk-train-lead = Send a table with examples. A worker finds out how its columns can be used, trains a model that predicts one of them, and measures how good it is on rows that it has not seen.
desk-training-target = Column to predict
desk-training-target-said = Its name, as in the first line of the table.
desk-training-more = More settings
desk-training-kinds = Kinds of columns
desk-training-kinds-said = Only for columns that should not be used as they look: on each line COLUMN=KIND, with a kind of { $kinds }.
desk-training-kind-found = As it looks
desk-training-kind-number = Number
desk-training-kind-category = Category
desk-training-kind-text = Text
desk-training-kind-date = Date
desk-training-kind-skip = Not used
desk-training-task = What it predicts
desk-training-task-classes = One of several classes
desk-training-task-number = A number
desk-training-time = Time column
desk-training-time-said = The test is the latest fifth of the rows by this column.
desk-training-group = Group column
desk-training-group-said = Rows with the same value of this column, such as a customer, stay together in the test or outside it. Give a time column or a group column, not both.
desk-training-positive = Class that counts
desk-training-positive-said = Of two classes, the one whose probability counts.
desk-training-cost = Costs of the two errors
desk-training-cost-said = Of a false positive and of a false negative, such as 1:5. They set the threshold.
desk-training-seconds = Seconds that it may take
desk-training-bytes = Size of the table in bytes
desk-training-file = Table (CSV or Parquet)
desk-training-of = Training of { $name }
desk-training-plan = Settings
desk-training-queued = Waits for a worker
desk-training-training = A worker trains
desk-training-ready = Ready
desk-training-refused = Refused
desk-training-failed = Failed
desk-training-canceled = Canceled
desk-training-stopping = It ends with the best model so far
desk-training-left = { $seconds ->
    [one] about { $seconds } second left
   *[other] about { $seconds } seconds left
}
desk-training-finished = Ended
desk-training-cancel = End it now
desk-training-cancel-said = The best model so far is kept. If there is none yet, nothing is added.
desk-training-version = Version { $model }
desk-training-found = What was found in the table
desk-done-table-sent = The table was received. A worker will train a model from it.
desk-done-trained-before = This table was trained with these settings before. This is that training.
desk-done-training-ends = You ended the training early. The best model so far is kept, if there is one.
found-column = { $name }: { $kind } ({ $why })
found-as-you-said = as you said
found-constant = constant: every row has { $value }
found-empty = empty
found-numbers = { $count ->
    [one] { $count } number
   *[other] { $count } different numbers
}
found-dates = { $count ->
    [one] { $count } date
   *[other] { $count } different dates
}
found-values = { $count ->
    [one] { $count } value
   *[other] { $count } different values
}
found-beside-text = { $count } different values, too many to be a category beside a text
found-words = texts of { $count ->
    [one] { $count } word
   *[other] { $count } words
} on average
found-own-value = looks like an id: (almost) every row has its own value, which a model could only memorize
found-id-name = looks like an id by its name: (almost) every row has its own number
found-counts-rows = looks like an id: it counts the rows
found-range = looks like an id: every number of a range occurs once
found-two-readings = dates such as 11/10/2026 have two readings: write 2026-11-10
found-answer = reveals the answer: each of its values belongs to exactly one answer, and vice versa
found-unanswered = { $count ->
    [one] { $count } row without an answer is left out
   *[other] { $count } rows without an answer are left out
}
found-rare = classes with fewer than { $least } rows are left out: { $classes }
found-split = { $train } rows for training, { $test } for the test: { $how }
found-by-chance = the test is a random { $share } % of the rows; { $rest }
found-by-time = the test is the latest { $share } % of the rows; { $rest }
found-groups = rows of a group stay on one side; { $rest }
found-duplicates = { $share }% of the rows are duplicates of others, and stay on one side with them
found-few-rows = duplicates are not kept together: the features have few different rows
