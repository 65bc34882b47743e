"""tf.SequenceExample protos as tensors."""

from __future__ import annotations

from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("parse_sequence")
