unreadable-not-text = The file cannot be read: its text encoding is not known. Save it as “CSV UTF-8”
unreadable-broken-utf8 = The file cannot be read: it is UTF-8, but line { $line } has invalid bytes. Correct that line, or save the file as “CSV UTF-8” again
unreadable-no-header = The file cannot be read: its first line must name the columns
unreadable-missing-columns = The file cannot be read: these columns are missing: { $columns }
unreadable-misread-columns = The file cannot be read: these columns are missing: { $columns }. It was read as { $encoding }; if that is wrong, save it as “CSV UTF-8”
unreadable-duplicate-columns = The file cannot be read: these columns occur more than once: { $columns }. Keep one of each
unreadable-no-rows = The file cannot be read: it has no rows
unreadable-ragged-row = The file cannot be read: row { $row } has more values than there are columns
unreadable-long-value = The file cannot be read: a value at line { $line } has more than { $most ->
        [one] { $most } character
       *[other] { $most } characters
    }; perhaps a quotation mark before it is not closed
unreadable-unclosed-quote = The file cannot be read: a quotation mark at line { $line } is not closed
unreadable-unclear-number = The file cannot be read: row { $row }, { $column }: “{ $text }” can mean { $one } or { $other }, and the other numbers in this column do not tell which. Write { $one } or { $other } there, without the comma
unreadable-broken-line = The file cannot be read: line { $line } is not JSON: { $reason }
unreadable-not-parquet = The file cannot be read as Parquet: { $reason }
unreadable-long-row = The file cannot be read: row { $row } has more than { $most } MB
unreadable-too-many-columns = The file cannot be read: its rows have more than { $most } different names besides the model's features
unreadable-rows-too-large = The file cannot be read: unpacked, its rows take more than { $most } bytes. Leave out columns that are empty or always the same
