reason-column-used = { $name }: { $kind } ({ $parts })
reason-column-skipped = { $name }: not used ({ $parts })
reason-as-you-said = as you said
reason-constant = constant: every row has '{ $value }'
reason-one-value = the only value is '{ $value }'; in the other rows it is missing
reason-no-values = empty
reason-numbers = { $count ->
    [one] { $count } number
   *[other] { $count } different numbers
}
reason-dates = { $count ->
    [one] { $count } date
   *[other] { $count } different dates
}
reason-values = { $count ->
    [one] { $count } value
   *[other] { $count } different values
}
reason-values-beside-text = { $count } different values, too many to be a category beside a text
reason-texts = texts of { $count ->
    [one] { $count } word
   *[other] { $count } words
} on average
reason-own-values = looks like an id: (almost) every row has its own value, which a model could only memorize
reason-id-name = looks like an id by its name: (almost) every row has its own number
reason-counts-rows = looks like an id: it counts the rows
reason-whole-range = looks like an id: every number of a range occurs once
reason-two-readings = dates such as 11/10/2026 have two readings: write 2026-11-10
reason-reveals-answer = reveals the answer: each of its values belongs to exactly one answer, and vice versa
reason-without-answer = { $count ->
    [one] { $count } of { $rows } rows is left out: it has no answer
   *[other] { $count } of { $rows } rows are left out: they have no answer
}
reason-rare-classes = classes with fewer than { $least } rows are left out: { $names }
reason-without-time = { $count ->
    [one] { $count } of { $rows } rows is left out: it has no time
   *[other] { $count } of { $rows } rows are left out: they have no time
}
reason-split = { $train } rows for training, { $test } for the test: { $parts }
reason-test-by-chance = the test is a random { $share } % of the rows; { $parts }
reason-test-by-time = the test is the latest { $share } % of the rows; { $parts }
reason-groups-together = rows of a group stay on one side; { $parts }
reason-duplicates-together = { $share } % of the rows are duplicates of others, and stay on one side with them
reason-no-duplicates = no row is a duplicate of another
reason-few-different-rows = duplicates are not kept together: the features have few different rows
reason-trees = trees of depth { $depth }; their number comes from { $folds } of { $all } folds
reason-ordered-trees = trees of depth { $depth }, ordered boosting; their number comes from { $folds } of { $all } folds
reason-class-always = always '{ $label }', with each class's share as its probability
reason-mean-always = always the mean, { $mean }
reason-ended-early = ended early: the model was trained on { $rows } rows, not on all
reason-time-was-over = the time was over: the model was trained on { $rows } rows, not on all
reason-one-class-in-test = every row of the test has the class '{ $label }', so the scores say little and there is no AUC: use another split
reason-columns-not-listed = the card lists the { $listed } most important columns of { $count }
reason-no-column = there is no column '{ $name }' (there are: { $known })
reason-no-rows = { $file } has no rows below its header
reason-few-answers = { $count ->
    [one] { $count } row has an answer; at least { $least } are needed
   *[other] { $count } rows have an answer; at least { $least } are needed
}
reason-not-two-classes = costs decide between two classes, and this target has others
reason-not-numbers = column '{ $name }' is not a number in every row, but for example '{ $value }'
reason-not-dates = column '{ $name }' is not a date in every row, but for example '{ $value }': write dates as 2026-11-28
reason-not-times = column '{ $name }' has no times: write them as 2026-11-28 or as numbers
reason-few-units = too few different rows, groups or times to split the table
reason-class-only-in-test = a class is missing among the rows for training: use another split
reason-no-features = no column can be used as a feature; give a column a kind
reason-part-of-date = the column '{ $name }' has the name of a part of the date '{ $date }': rename one of them, or do not use it
reason-many-features = { $count } columns would be features; a model can have { $most }
reason-target-not-numbers = the target '{ $name }' is not a number in every row, but for example '{ $value }'
reason-target-constant = the target '{ $name }' has the same value in every row
reason-many-classes = the target '{ $name }' has { $count } classes, more than { $most }
reason-few-classes = the target '{ $name }' needs two classes with { $least } rows or more
reason-long-class = the class '{ $name }' has more than { $most } characters
reason-no-positive = '{ $name }' is not among the classes: { $known }
reason-parquet-unreadable = { $file } cannot be read as Parquet: { $error }
reason-column-type = column '{ $name }' holds { $kind }; numbers, texts, dates and booleans can be used
reason-csv-broken = { $file }, line { $line }: { $error }
reason-not-encoded = { $file } has bytes that are not { $encoding }: save it as UTF-8
reason-not-utf8 = line { $line } has bytes that are not UTF-8
reason-not-text = it is not text in a known encoding: save it as UTF-8
reason-cell-count = { $file }: record { $record } has { $count ->
    [one] { $count } cell
   *[other] { $count } cells
}, the header { $header }
reason-same-columns = two columns have the name '{ $name }'
reason-long-column-name = the name of the column '{ $name }' has more than { $most } characters
reason-column-characters = the name of the column '{ $name }' contains NUL or half of a surrogate pair
reason-not-trained-by-catboost = CatBoost cannot train on this table; it says: { $error }
reason-trainer-ended = the process that trained it ended { $count ->
    [one] { $count } time
   *[other] { $count } times
}
reason-training-slow = training took longer than { $seconds } seconds
reason-training-killed = training ended the process ({ $signal })
reason-training-failed = training failed: { $error }
reason-training-report = the report of the training cannot be read: { $error }
reason-training-canceled = an operator ended it before there was a model
word-number = number
word-category = category
