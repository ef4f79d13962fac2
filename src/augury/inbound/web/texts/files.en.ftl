file-new = Predict a file
file-lead = Send a table with one row for each prediction. You pay only for rows that were predicted.
file-max-price = The most credits that it may cost
file-max-price-said = Leave it empty for any price. A file that costs more is not accepted, and nothing is charged.
file = File
file-said = CSV with a line of column names, JSON lines, or Parquet; also packed with gzip. Columns that the model does not know come back with the answers.
file-send = Send the file
file-of = File for { $model }
file-progress = { $done } of { $rows } rows are predicted{ $failed ->
    [0] {""}
   *[other] , { $failed } could not be
}
file-ends-in = { $seconds ->
    [0] It ends in a moment. You may leave the page.
    [one] It ends in about { $seconds } second. You may leave the page.
   *[other] It ends in about { $seconds } seconds. You may leave the page.
}
file-first-rows = First rows
file-more-errors = { $count ->
    [one] { $count } more row is not listed here. The download has all of them.
   *[other] { $count } more rows are not listed here. The download has all of them.
}
file-download = Download { $format }
file-part-ended = its part of the file has ended: { $status }
files-none = You have sent no file yet.
column-rows = Rows

credits = { $credits ->
    [one] { $credits } credit
   *[other] { $credits } credits
}
available = Available
held = Reserved for unfinished predictions
held-by = What reserves them
debt = Owed for a payment that was returned
statement = Statement
statement-csv = Download the newest 1,000 lines as CSV
statement-none = No credits have moved yet.
usage = Usage
usage-lead = What predictions of the last 30 days cost, by day (UTC) and model.
usage-cut = Only the newest { $most } predictions are counted.
usage-chart = Credits by day and model; the table below says the same
usage-none = There was no prediction in the last 30 days.
top-up = Get more credits
top-up-lead = Redeem a promo code, or ask the operator of this service. With the Telegram bot you can buy credits with Stars: link it under “Account”.
promo-code = Promo code
redeem = Redeem
redeemed = { $credits ->
    [one] You got { $credits } credit.
   *[other] You got { $credits } credits.
}
column-what = What
column-change = Change
column-after = Available
column-day = Day
transfer-top-up = { $amount } credits were paid in
transfer-grant = { $amount } free credits
transfer-hold = Reserved for a prediction: { $amount }
transfer-capture = Charged for a prediction: { $amount }
transfer-release = No longer reserved: { $amount }
transfer-refund = Refunded: { $amount }
transfer-reversal = Taken back: { $amount }
transfer-merge = Moved with another account: { $amount }
transfer-split = Moved to a separate account: { $amount }
transfer-debt = Owed: { $amount }
transfer-repayment = Debt settled: { $amount }
transfer-write-off = Debt written off: { $amount }
