"""The gates in order, cheap to dear; a failed hard one stops the rest."""

from __future__ import annotations

from tf2torch.verify.gate import Gate
from tf2torch.verify.gates.export import Export
from tf2torch.verify.gates.gradients import Gradients
from tf2torch.verify.gates.outputs import Outputs
from tf2torch.verify.gates.performance import Performance
from tf2torch.verify.gates.search import Search
from tf2torch.verify.gates.spec import Spec
from tf2torch.verify.gates.stability import Stability
from tf2torch.verify.gates.static import Static
from tf2torch.verify.gates.structure import Structure
from tf2torch.verify.gates.style import Style
from tf2torch.verify.gates.task_metric import TaskMetric
from tf2torch.verify.gates.train_mode import TrainMode
from tf2torch.verify.gates.trainability import Trainability

GATES: tuple[Gate, ...] = (
    Static(),
    Style(),
    Structure(),
    Spec(),
    Outputs(),
    Gradients(),
    Search(),
    Stability(),
    Trainability(),
    TrainMode(),
    TaskMetric(),
    Export(),
    Performance(),
)
