"""Tells which features forbid missing numbers (`nan_mode=Forbidden`). CatBoost itself predicts such rows
anyway (findings/catboost-forbidden-nan.sh)."""

import msgspec

from augury.outbound.catboost.library import CatBoost


class _Binarization(msgspec.Struct, frozen=True):
    nan_mode: str = ""


class _Data(msgspec.Struct, frozen=True):
    float_features_binarization: _Binarization = _Binarization()
    per_float_feature_quantization: dict[int, _Binarization] = {}


class _Parameters(msgspec.Struct, frozen=True):
    data_processing_options: _Data = _Data()


class NullPolicy:
    """The policy in the training parameters. A file without them forbids nothing."""

    def __init__(self, model: CatBoost) -> None:
        text = model.get_metadata().get("params")
        try:
            data = msgspec.json.decode(text or "{}", type=_Parameters).data_processing_options
        except msgspec.MsgspecError:
            data = _Data()
        self._rest = data.float_features_binarization
        self._special = data.per_float_feature_quantization

    def forbids(self, feature: int) -> bool:
        return self._special.get(feature, self._rest).nan_mode == "Forbidden"
