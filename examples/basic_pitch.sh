#!/usr/bin/env bash
# From a trained TensorFlow model of the package index to verified PyTorch source.
# basic-pitch (Apache-2.0) hears which notes are played; its wheel holds a SavedModel.
# The wheel is only unpacked: installed, it would ask for an old TensorFlow.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup
bin="${TF2TORCH_VENV:-.venv}/bin"
cache="${TF2TORCH_CACHE:-$HOME/.cache/tf2torch}/wheels/basic-pitch"
model="$cache/basic_pitch/saved_models/icassp_2022/nmp"
port=${1:-port/basic_pitch}

if [ ! -e "$model/saved_model.pb" ]; then
  "$bin/python" -m pip download --quiet --no-deps -d "$cache" basic-pitch==0.4.0 >&2
  "$bin/python" -m zipfile -e "$cache"/basic_pitch-*.whl "$cache"
fi
export TF_CPP_MIN_LOG_LEVEL=3
"$bin/tf2torch" convert "$model" -o "$port" --repair
