reason-as-written = { $text }
count = { $value }
percent = { $value } %
card-title = { $model }: model card
card = Model card
card-class = Predicts the class { $target } from { $columns ->
    [one] { $columns } column
   *[other] { $columns } columns
}. Trained on { $day } from { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
} of { $table }.
card-number = Predicts the number { $target } from { $columns ->
    [one] { $columns } column
   *[other] { $columns } columns
}. Trained on { $day } from { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
} of { $table }.
card-interrupted = The training was interrupted.
card-scores = How good it is
card-score = score
card-this-model = this model
card-interval = 95 % interval
card-baseline = baseline
card-measured = Measured on { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
} that had no part in any choice. The interval comes from 400 resamples. The baseline's answer is { $baseline }.
card-lower-is-better = { $score } (lower is better)
score-auc = AUC
score-accuracy = accuracy
score-macro-f1 = macro-F1
score-logloss = log loss
score-calibration-error = calibration error
score-rmse = RMSE
score-mae = mean absolute error
score-r2 = R²
card-threshold = Threshold
card-threshold-is = The answer is { $positive } above a probability of { $value }. Answering it wrongly costs { $wrong }, missing it costs { $missed }.
card-threshold-cost = Cost per test row: { $cost }; with a threshold of { $half } it is { $athalf }, and { $always } if all rows get the cheaper answer.
card-importance = Which features count
card-calibration = Are its probabilities reliable?
card-calibration-said = Points on the diagonal are reliable probabilities. Larger points have more rows.
card-residuals = True and predicted numbers
card-confusion = What it confuses
card-curve = Learning curve
card-curve-said = The mean loss over the folds, by the number of trees. The strong line shows rows that the model did not learn from, the faint line rows that it learned from. The model has { $trees ->
    [one] { $trees } tree
   *[other] { $trees } trees
} ({ $settings }).
card-data = What it was trained on
card-table = table
card-table-is = { $table }, { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}
card-split = split
card-scores-are = learned from { $train ->
    [one] { $train } row
   *[other] { $train } rows
}, measured on { $test }
card-scores-term = scores
card-training = training
card-training-is = { $seconds } s, ended { $when }
card-columns = Columns
card-column = column
card-used-as = used as
card-why = why
card-missing = missing
card-importance-term = importance
kind-number = number
kind-category = category
kind-text = text
kind-date = date
kind-skip = not used
plot-importance = Importance of the features
plot-calibration = Calibration
plot-said = predicted probability
plot-seen = observed share
plot-bin = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}: predicted { $said }, observed { $seen }
plot-residuals = True numbers by predicted ones
plot-predicted = predicted
plot-true = true: mean, and where 80 % lie
plot-curve = Learning curve
plot-trees = trees
plot-loss-logloss = log loss
plot-loss-multiclass = log loss
plot-loss-rmse = RMSE
plot-confusion = true ↓   answered →
plot-others = others
