"""English words for the codes of reasons, for logs and programs."""

from collections.abc import Mapping

from augury.domain import training_words as trainings
from augury.domain.reason_codes import ReasonCode

_SAVE = 'model.save_model("model.cbm")'
_FROM_PYTHON = f"load it in Python, in the environment that wrote it, and save the model: {_SAVE}"
_NO_WAY_BACK = f"it cannot be converted back: save the model where it was trained, {_SAVE}"
_CONVERT = f'convert it: model = CatBoost().load_model("model.%s", format="%s"); {_SAVE}'
_NOT_CBM = "not a CatBoost binary model (.cbm)"

WORDS: Mapping[ReasonCode, str] = {
    ReasonCode.AS_WRITTEN: "{text}",
    ReasonCode.REMARKS: "{parts}",
    ReasonCode.EMPTY: "the file is empty",
    ReasonCode.NO_CATBOOST_MODEL: "it does not begin like a CatBoost binary model (.cbm): "
    f"{_SAVE} writes one",
    ReasonCode.PICKLED_MODEL: f"it is a pickled CatBoost model, {_NOT_CBM}; {_FROM_PYTHON}",
    ReasonCode.PICKLE: f"it is a Python pickle, {_NOT_CBM}; if a CatBoost model is in it, {_FROM_PYTHON}",
    ReasonCode.COMPRESSED: f"it is compressed, {_NOT_CBM}; unpack it first; if it is a pickle of joblib, "
    f"{_FROM_PYTHON}",
    ReasonCode.JSON_MODEL: f"it is a CatBoost model in JSON, {_NOT_CBM}; {_CONVERT % ('json', 'json')}",
    ReasonCode.ONNX_MODEL: f"it is a CatBoost model in ONNX, {_NOT_CBM}; {_NO_WAY_BACK}",
    ReasonCode.CORE_ML_MODEL: f"it is a CatBoost model in Core ML, {_NOT_CBM}; "
    f"{_CONVERT % ('coreml', 'coreml')}",
    ReasonCode.PMML_MODEL: f"it is a model in PMML, {_NOT_CBM}; {_NO_WAY_BACK}",
    ReasonCode.CPP_MODEL: f"it is a CatBoost model in C++, {_NOT_CBM}; {_NO_WAY_BACK}",
    ReasonCode.PYTHON_MODEL: f"it is a CatBoost model in Python code, {_NOT_CBM}; {_NO_WAY_BACK}",
    ReasonCode.GIT_LFS_POINTER: f"it is a pointer of Git LFS, {_NOT_CBM}; fetch the file itself: "
    "git lfs pull",
    ReasonCode.WEB_PAGE: f"it is a web page, {_NOT_CBM}; download the file itself",
    ReasonCode.UNREADABLE: "it cannot be read: {error}",
    ReasonCode.DAMAGED: "it is damaged, or was written by a CatBoost that this one cannot read "
    "(CatBoost says: {error})",
    ReasonCode.TOO_SLOW: "opening it took longer than {seconds} seconds",
    ReasonCode.KILLED_PROCESS: "opening it ended the process ({signal})",
    ReasonCode.FAILED_PROCESS: "opening it failed: {error}",
    ReasonCode.FACTS_UNREADABLE: "its facts cannot be read: {error}",
    ReasonCode.CHECKER_ENDED: "the process that checked it ended {count} times",
    ReasonCode.SAME_FILE: "{model} already has this file",
    ReasonCode.CARD_UNREADABLE: 'its metadata "{name}" cannot be read: {error}',
    ReasonCode.METADATA_UNREADABLE: 'its metadata "{name}" cannot be read: {error}',
    ReasonCode.METADATA_VERSION: "its facts are of version {found}, not {known}",
    ReasonCode.METADATA_CHARACTERS: 'its metadata "{name}" contains NUL or half of a surrogate pair',
    ReasonCode.METADATA_UNFIT: 'its metadata "{name}": {parts}',
    ReasonCode.FEATURE_COUNT: "it takes {count} features; 1 to {most} can be served",
    ReasonCode.CLASS_COUNT: "it knows {count} classes; up to {most} can be served",
    ReasonCode.OUTPUT_COUNT: "it answers {count} values per row; up to {most} can be served",
    ReasonCode.OUTPUT_NAMES: 'its metadata "{name}" names {named} outputs, but it answers {count} values '
    "per row",
    ReasonCode.SAME_NAMES: "two of its {what} names are the same",
    ReasonCode.BAD_NAME: "a {what} name must be 1 to {most} characters of text",
    ReasonCode.NOT_DATE_PARTS: "its last features are not the numbers that are the parts of its dates",
    ReasonCode.UNUSED_DATE: "it uses no part of one of its dates",
    ReasonCode.CLASSES_AND_ANSWERS: "it names {classes} classes, but answers {count} numbers per row",
    ReasonCode.TASK_AND_ANSWERS: "it is a {task}, but answers {count} numbers per row",
    ReasonCode.THRESHOLD: "its decision threshold is {threshold}, which is not a probability",
    ReasonCode.CANNOT_PREDICT: "it cannot predict (CatBoost says: {error})",
    ReasonCode.EMBEDDINGS_UNREADABLE: "the lengths of its embeddings cannot be read: {error}",
    ReasonCode.LOSS_PARAMETER: "{parameter} of its loss function {loss} is not a number",
    ReasonCode.LOSS_NUMBERS: "{parameter} of its loss function {loss} is not a list of numbers",
    ReasonCode.NO_SUCH_FEATURE: "the model has no feature '{name}'",
    ReasonCode.NO_SUCH_LABEL: "the model has no label '{name}'",
    ReasonCode.DESCRIPTION_LANGUAGE: "the description is in language '{language}'; only en and ru are "
    "supported",
    ReasonCode.DESCRIPTION_LENGTH: "the description ({language}) must be 1 to {most} characters of text",
    ReasonCode.TEXT_LANGUAGE: "the text of {what} '{name}' is in language '{language}'; only en and ru are "
    "supported",
    ReasonCode.TEXT_LENGTH: "the text of {what} '{name}' ({language}) must be 1 to {most} characters of text",
    ReasonCode.CATEGORY_CHARACTERS: "a category of '{name}' contains NUL or half of a surrogate pair",
    ReasonCode.NOT_CATEGORICAL: "'{name}' is not a categorical feature (the model has: {known})",
    ReasonCode.NO_LABEL: "the model does not answer with labels, so no answer can be unsure",
    ReasonCode.NO_PROBABILITY: "{value} is not a probability from 0 to 1",
    ReasonCode.ALREADY_READ: "the file already says how to read its answer ({value})",
    ReasonCode.NONE_ACTIVE: "no version of {name} is active: activate one first",
    ReasonCode.NOT_A_CANARY: "it cannot be a canary of {model}, because {parts}",
    ReasonCode.NOT_ACTIVE: "it is not active, because {parts}",
    ReasonCode.NEEDS: "it needs {names}",
    ReasonCode.DOES_NOT_TAKE: "it does not take {names}",
    ReasonCode.OTHER_KIND: "{name} is {mine}, not {other}",
    ReasonCode.OTHER_LENGTH: "{name} has {count} numbers",
    ReasonCode.NO_MISSING_VALUES: "it takes no missing values of {names}",
    ReasonCode.OTHER_TASK: "it is a {mine}, not a {other}",
    ReasonCode.OTHER_ANSWERS: "it answers {mine}, not {other}",
    ReasonCode.OTHER_VALUE: "its value is a {mine}, not a {other}",
    ReasonCode.MAYBE_LOGARITHM: "its value may be a logarithm (the file does not say)",
    ReasonCode.IGNORED_CATEGORIES: "the file's metadata has categories for {name}, which is not a "
    "categorical feature of the model: they are ignored",
    ReasonCode.UNKNOWN_LOSS: "the file does not name its loss function, so the meaning of its number is "
    "unknown; it is answered as it is. Send the file again with value=exponent if the model learned the "
    "logarithm of the target, or with value=raw if not",
    ReasonCode.ADD_AGAIN: "an older release added it: add its file again",
    ReasonCode.MIXED_FEATURES: "it takes categories beside texts or embeddings, and CatBoost mixes up their "
    "contributions",
    ReasonCode.STATISTICS_OF_CATEGORIES: "its trees are not symmetric, and they split on statistics of "
    "categories: CatBoost explains such trees wrongly",
    ReasonCode.UNKNOWN_SPLIT: "its trees are not symmetric, and they split on {what}",
    ReasonCode.TOO_MANY_LEAVES: "one row is too much work: its trees have {leaves} leaves",
    ReasonCode.DOES_NOT_ADD_UP: "the contributions of its features do not add up to its prediction",
    ReasonCode.NOT_EXPLAINED_BY_CATBOOST: "CatBoost cannot explain models of its kind (it says: {error})",
    ReasonCode.NO_EVENT: "name at least one event",
    ReasonCode.NO_THRESHOLD: "the event balance.low needs balance_below, a number of credits",
    ReasonCode.DESCRIPTION_CHARACTERS: "the description has characters that cannot be stored",
    ReasonCode.URL_LENGTH: "the URL must be text without spaces, up to {most} long",
    ReasonCode.URL_BROKEN: "the URL is not valid",
    ReasonCode.URL_NOT_HTTPS: "the URL must begin with https://",
    ReasonCode.URL_WITH_USER: "the URL must not have a user name or a password",
    ReasonCode.URL_WITH_FRAGMENT: "the URL must not have a fragment (#…)",
    ReasonCode.URL_WITHOUT_HOST: "the URL needs a valid host",
    ReasonCode.NO_ADDRESS: "the name {host} has no address",
    ReasonCode.ADDRESS_NOT_PUBLIC: "{host} resolves to an address that is not public",
    ReasonCode.CHECK_UNDER_WAY: "another check of the books is running",
    ReasonCode.PROCESS_ENDED: "the process ended",
    ReasonCode.INTERRUPTED: "{error}",
    **trainings.WORDS,
}
