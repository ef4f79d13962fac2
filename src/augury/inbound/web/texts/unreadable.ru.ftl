unreadable-not-text = Файл не удалось прочитать: кодировка текста неизвестна. Сохраните его как «CSV UTF-8»
unreadable-broken-utf8 = Файл не удалось прочитать: это UTF-8, но в строке { $line } есть недопустимые байты. Исправьте эту строку или сохраните файл заново как «CSV UTF-8»
unreadable-no-header = Файл не удалось прочитать: в первой строке должны быть имена столбцов
unreadable-missing-columns = Файл не удалось прочитать: не хватает этих столбцов: { $columns }
unreadable-misread-columns = Файл не удалось прочитать: не хватает этих столбцов: { $columns }. Файл прочитан как { $encoding }; если это не так, сохраните его как «CSV UTF-8»
unreadable-duplicate-columns = Файл не удалось прочитать: эти столбцы повторяются: { $columns }. Оставьте по одному
unreadable-no-rows = Файл не удалось прочитать: в нём нет строк
unreadable-ragged-row = Файл не удалось прочитать: в строке { $row } значений больше, чем столбцов
unreadable-long-value = Файл не удалось прочитать: в строке { $line } значение длиннее { $most ->
        [one] { $most } знака
       *[other] { $most } знаков
    }; возможно, перед ним не закрыта кавычка
unreadable-unclosed-quote = Файл не удалось прочитать: кавычка в строке { $line } не закрыта
unreadable-unclear-number = Файл не удалось прочитать: строка { $row }, { $column }: «{ $text }» может значить { $one } или { $other }, и по другим числам столбца этого не понять. Напишите там { $one } или { $other }, без запятой
unreadable-broken-line = Файл не удалось прочитать: строка { $line } — не JSON: { $reason }
unreadable-not-parquet = Файл не удалось прочитать как Parquet: { $reason }
unreadable-long-row = Файл не удалось прочитать: строка { $row } длиннее { $most } МБ
unreadable-too-many-columns = Файл не удалось прочитать: в строках больше { $most } разных имён, кроме признаков модели
