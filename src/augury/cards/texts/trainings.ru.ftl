reason-column-used = { $name }: { $kind } ({ $parts })
reason-column-skipped = { $name }: не используется ({ $parts })
reason-as-you-said = как вы сказали
reason-constant = одно и то же значение в каждой строке: «{ $value }»
reason-one-value = единственное значение — «{ $value }», в остальных строках его нет
reason-no-values = пусто
reason-numbers = { $count ->
    [one] { $count } разное число
    [few] { $count } разных числа
   *[many] { $count } разных чисел
}
reason-dates = { $count ->
    [one] { $count } разная дата
    [few] { $count } разные даты
   *[many] { $count } разных дат
}
reason-values = { $count ->
    [one] { $count } разное значение
    [few] { $count } разных значения
   *[many] { $count } разных значений
}
reason-values-beside-text = разных значений { $count }: слишком много, чтобы быть категорией рядом с текстом
reason-texts = тексты в среднем из { $count ->
    [one] { $count } слова
   *[other] { $count } слов
}
reason-own-values = похоже на номер: (почти) в каждой строке своё значение, которое модель могла бы только запомнить
reason-id-name = похоже на номер по названию: (почти) в каждой строке своё число
reason-counts-rows = похоже на номер: считает строки
reason-whole-range = похоже на номер: каждое число ряда встречается один раз
reason-two-readings = даты вида 11/10/2026 читаются двояко: пишите 2026-11-10
reason-reveals-answer = выдаёт ответ: каждому его значению соответствует ровно один ответ, и наоборот
reason-without-answer = не учтены строки без ответа: { $count } из { $rows }
reason-rare-classes = классы, у которых меньше { $least } строк, не учитываются: { $names }
reason-without-time = не учтены строки без времени: { $count } из { $rows }
reason-split = строк для обучения: { $train }, для проверки: { $test }; { $parts }
reason-test-by-chance = для проверки случайно взяты { $share } % строк; { $parts }
reason-test-by-time = для проверки взяты последние по времени { $share } % строк; { $parts }
reason-groups-together = строки одной группы остаются вместе; { $parts }
reason-duplicates-together = повторов других строк: { $share } %, они остаются вместе с ними
reason-no-duplicates = повторов нет
reason-few-different-rows = повторы не держатся вместе: разных строк мало
reason-trees = деревья глубины { $depth }; их число выбрано на { $folds } из { $all } частей
reason-ordered-trees = деревья глубины { $depth } с упорядоченным бустингом; их число выбрано на { $folds } из { $all } частей
reason-class-always = всегда «{ $label }», с долями классов вместо вероятностей
reason-mean-always = всегда среднее, { $mean }
reason-ended-early = обучение прервано: модель обучена не на всех строках, а на { $rows }
reason-time-was-over = время вышло: модель обучена не на всех строках, а на { $rows }
reason-one-class-in-test = у всех строк теста один класс, «{ $label }»: оценки мало что значат, и площади под кривой (AUC) нет; делите иначе
reason-columns-not-listed = в карточке перечислены { $listed } самых важных столбцов из { $count }
reason-no-column = нет столбца «{ $name }» (есть: { $known })
reason-no-rows = { $file }: под заголовком нет строк
reason-few-answers = строк с ответом: { $count }; нужно не меньше { $least }
reason-not-two-classes = цены ошибок выбирают между двумя классами, а здесь ответы другие
reason-not-numbers = в столбце «{ $name }» не в каждой строке число: например, «{ $value }»
reason-not-dates = в столбце «{ $name }» не в каждой строке дата, например «{ $value }»: пишите даты как 2026-11-28
reason-not-times = в столбце «{ $name }» нет времени: пишите его как 2026-11-28 или числами
reason-few-units = слишком мало разных строк, групп или моментов времени, чтобы разделить таблицу
reason-class-only-in-test = среди строк для обучения нет одного из классов: делите иначе
reason-no-features = ни один столбец не годится как признак; укажите вид столбца
reason-part-of-date = столбец «{ $name }» называется как часть даты «{ $date }»: переименуйте один из них или не используйте его
reason-many-features = признаками стали бы { $count } столбцов, а у модели их может быть { $most }
reason-target-not-numbers = в столбце ответов «{ $name }» не в каждой строке число: например, «{ $value }»
reason-target-constant = в столбце ответов «{ $name }» во всех строках одно и то же значение
reason-many-classes = в столбце ответов «{ $name }» классов { $count }, а можно не больше { $most }
reason-few-classes = в столбце ответов «{ $name }» нужны два класса, у которых не меньше { $least } строк
reason-long-class = в названии класса «{ $name }» больше { $most } знаков
reason-no-positive = «{ $name }» нет среди классов: { $known }
reason-parquet-unreadable = { $file } не читается как Parquet: { $error }
reason-column-type = в столбце «{ $name }» значения вида { $kind }; можно числа, тексты, даты и логические значения
reason-csv-broken = { $file }, строка { $line }: { $error }
reason-not-encoded = { $file }: есть байты не в кодировке { $encoding }; сохраните файл в UTF-8
reason-not-utf8 = в строке { $line } есть байты не в UTF-8
reason-not-text = это не текст в известной кодировке: сохраните его в UTF-8
reason-cell-count = { $file }: в записи { $record } ячеек { $count }, а в заголовке { $header }
reason-same-columns = два столбца называются «{ $name }»
reason-long-column-name = в названии столбца «{ $name }» больше { $most } знаков
reason-column-characters = в названии столбца «{ $name }» есть NUL или половина суррогатной пары
reason-not-trained-by-catboost = CatBoost не может обучить модель по этой таблице и сообщает: { $error }
reason-trainer-ended = процесс обучения завершался { $count ->
    [few] { $count } раза
   *[other] { $count } раз
}
reason-training-slow = обучение шло дольше { $seconds ->
    [one] { $seconds } секунды
   *[other] { $seconds } секунд
}
reason-training-killed = при обучении процесс завершился ({ $signal })
reason-training-failed = обучение не удалось: { $error }
reason-training-report = отчёт об обучении не читается: { $error }
reason-training-canceled = обучение прервали, когда модели ещё не было
word-number = число
word-category = категория
