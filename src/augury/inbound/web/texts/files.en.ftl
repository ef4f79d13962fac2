file-new = Predict a file
file-lead = Send a table with one row for each prediction. You pay only for rows that were predicted.
file-max-price = Maximum price in credits
file-max-price-said = Leave it empty to accept any price. A file that costs more is refused, and nothing is charged.
file = File
file-said = CSV with a header row, JSON Lines or Parquet; gzip is allowed. Columns that the model does not use are returned with the answers.
file-send = Send the file
file-sent-before = This form was sent before, with another file or model. Choose the file again and send it.
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
preview-exact = Rows: {"{rows}"}. Price in credits: {"{price}"}.
preview-about = Rows: about {"{rows}"}. Price in credits: about {"{price}"}.
preview-encoding = Read as {"{encoding}"}: if the letters look wrong, save the file as UTF-8.
preview-columns = These are the columns. The values are shown when the file has been sent.
preview-least = Rows: about {"{rows}"}. Price in credits: at least {"{price}"}, and more for long texts.
file-more-errors = { $count ->
    [one] { $count } more row is not listed here. The download has all of them.
   *[other] { $count } more rows are not listed here. The download has all of them.
}
column-row = Row
format-csv = CSV
format-ndjson = JSON Lines
format-parquet = Parquet
file-download = Download { $format }
file-part-ended = this part of the file ended: { $status }
files-none = You have not sent any files yet.
column-rows = Rows

credits = { $credits ->
    [one] { $credits } credit
   *[other] { $credits } credits
}
available = Available
held = Reserved for unfinished predictions
held-by = Reserved for
debt = Owed for a refunded payment
debt-lead = { $credits ->
    [0] You have no credits to spend: available credits pay what you owe first.
    [one] You can spend { $credits } credit: available credits pay what you owe first.
   *[other] You can spend { $credits } credits: available credits pay what you owe first.
}
statement = Statement
statement-csv = Download the newest 1,000 lines as CSV
statement-none = No credits have moved yet.
usage = Usage
usage-lead = The cost of your predictions in the last 30 days, by day (UTC) and model.
usage-cut = Only the newest { $most } predictions are counted.
usage-chart = Credits by day and model; the table below has the same numbers
usage-none = There were no predictions in the last 30 days.
top-up = Get more credits
top-up-lead = Redeem a promo code, or ask the operator of this service.
top-up-by-bot = In the chat with @{ $bot } you can buy credits with Telegram Stars. The chat must be linked with this account: see “Account”.
promo-code = Promo code
redeem = Redeem
redeemed = { $credits ->
    [one] The code was redeemed. You now have { $credits } credit.
   *[other] The code was redeemed. You now have { $credits } credits.
}
column-what = Entry
column-change = Change
column-after = Available
column-day = Day
transfer-top-up = Paid in: { $amount }
transfer-grant = Free credits: { $amount }
transfer-hold = Reserved for a prediction: { $amount }
transfer-capture = Charged for a prediction: { $amount }
transfer-release = No longer reserved: { $amount }
transfer-refund = Refunded: { $amount }
transfer-reversal = Taken back: { $amount }
transfer-merge = Moved when a chat was linked: { $amount }
transfer-split = Moved when a chat was unlinked: { $amount }
transfer-debt = Owed: { $amount }
transfer-repayment = Debt settled: { $amount }
transfer-write-off = Debt written off: { $amount }
