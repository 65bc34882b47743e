"""Packaging of tf2torch; tool configuration lies in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

CORE = [
    "tensorflow>=2.16",
    "tf-keras>=2.16",
    "torch>=2.6",
    "numpy>=1.26",
    "ml-dtypes>=0.3",
    "safetensors>=0.4",
    "libcst>=1.5",
    "networkx>=3.2",
    "sympy>=1.13",
    "onnx>=1.16",
    "tf2onnx>=1.16",
    "onnx2torch>=1.5.15",
    "openai>=1.60",
    "click>=8.1",
    "rich>=13.7",
    "ruff>=0.9",
    "sqlalchemy>=2.0",
    "fsspec>=2024.6",
    "pyyaml>=6.0",
    "psutil>=6.0",
]
MLFLOW = ["mlflow-skinny>=2.20"]
RAY = ["ray>=2.40"]
POSTGRESQL = ["psycopg[binary]>=3.1"]
DEV = [
    "pytest>=8",
    "pytest-xdist>=3",
    "hypothesis>=6.100",
    "filelock>=3.12",
    "mypy>=1.13",
    "keras-hub>=0.21",
    "deepctr>=0.9.4",
    "alembic>=1.13",  # MLflow's own store in a database
    *MLFLOW,
    *RAY,
    *POSTGRESQL,
    "pgserver>=0.1.4",  # a PostgreSQL of its own for the tests
    "onnxruntime>=1.20",
    "matplotlib>=3.8",
]

setup(
    name="tf2torch",
    version="0.1.0",
    description="TensorFlow models to readable, trainable, proven PyTorch source",
    long_description=(Path(__file__).parent / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    packages=find_packages(include=["tf2torch", "tf2torch.*"]),
    package_data={
        "tf2torch": ["py.typed"],
        "tf2torch.fleet": ["page.css"],
        "tf2torch.repair": ["prompts/*.md"],
        "tf2torch.verify": ["pages/*.md", "pages/*.css"],
    },
    install_requires=CORE,
    extras_require={
        "dev": DEV,
        "mlflow": MLFLOW,
        "ray": RAY,
        "postgresql": POSTGRESQL,
    },
    entry_points={
        "console_scripts": ["tf2torch = tf2torch.cli:main"],
        "pytest11": ["tf2torch.golden.pytest_plugin = tf2torch.golden.pytest_plugin"],
    },
)
