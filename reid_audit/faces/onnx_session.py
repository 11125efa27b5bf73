"""A face model in ONNX form, checked against what is declared of it, ready to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.faces._onnx import cpu_session

if TYPE_CHECKING:
    from reid_audit.faces.declaration import Declaration
    from reid_audit.faces.onnx_file import ModelFile

__all__ = ["OnnxSession"]


class OnnxSession:
    """The network alone: from a cut-out face to what the model says of it; on the processor, in one thread.

    Parameters
    ----------
    model : ModelFile
    declared : Declaration
    shown : str
        How messages name the model.

    Raises
    ------
    UsageError
        onnxruntime cannot load the model, or its input or output is not what is declared.
    """

    def __init__(self, model: ModelFile, declared: Declaration, shown: str) -> None:
        self._declared, self._shown = declared, shown
        try:
            self._session = cpu_session(model.content)
        except Exception as error:  # onnxruntime has a class for each status, all of them private
            first = (str(error).strip().splitlines() or [""])[0]
            raise UsageError(
                f"onnxruntime cannot load the model '{shown}': {type(error).__name__}: {first[:200]}.",
                remedy="Export it with operators of the standard domain, as one file.",
            ) from error
        self._check_input()
        self._check_output()

    def run(self, picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what the model gives for one face.

        Parameters
        ----------
        picture : ndarray, shape (H, W, 3), uint8
            RGB, of the declared size.

        Returns
        -------
        ndarray, shape (dimension,), float32
        """
        declared = self._declared
        colours = picture if declared.channels == "RGB" else picture[:, :, ::-1]
        values = (colours - np.array(declared.mean, np.float32)) / np.array(declared.std, np.float32)
        if declared.layout == "NCHW":
            values = values.transpose(2, 0, 1)
        given = np.ascontiguousarray(values[None], dtype=np.float32)
        return np.asarray(self._session.run(None, {self._session.get_inputs()[0].name: given})[0]).reshape(-1)

    def _check_input(self) -> None:
        declared, inputs = self._declared, self._session.get_inputs()
        if len(inputs) != 1:
            self._refuse(f"has {len(inputs)} inputs", "one picture is allowed")
        height, width = declared.size
        wanted = (1, 3, height, width) if declared.layout == "NCHW" else (1, height, width, 3)
        shape, kind = list(inputs[0].shape), inputs[0].type
        fits = len(shape) == 4 and all(
            not isinstance(side, int) or side == expected for side, expected in zip(shape, wanted, strict=True)
        )
        if kind != "tensor(float)" or not fits:
            self._refuse(
                f"takes {kind} of shape {shape}",
                f"declared is {declared.layout} of {height} x {width}: tensor(float) of shape {list(wanted)}",
            )

    def _check_output(self) -> None:
        outputs = self._session.get_outputs()
        if len(outputs) != 1:
            self._refuse(f"has {len(outputs)} outputs", "one template is allowed")
        height, width = self._declared.size
        try:
            found = self.run(np.full((height, width, 3), 128, np.uint8))
        except Exception as error:
            first = (str(error).strip().splitlines() or [""])[0]
            raise UsageError(
                f"The model '{self._shown}' does not run on a grey picture: {first[:200]}.",
                remedy="Correct the declaration, or export the model again.",
            ) from error
        if found.dtype != np.float32 or found.shape != (self._declared.dimension,):
            self._refuse(
                f"gives {found.dtype} of {found.size} numbers a face",
                f"declared is a dimension of {self._declared.dimension}, float32",
            )

    def _refuse(self, what: str, allowed: str) -> None:
        raise UsageError(
            f"The model '{self._shown}' {what}; {allowed}.",
            remedy="Correct the declaration beside the model; docs/weights.md says what each field means.",
        )
