"""Any Gymnasium environment as posology's are: vector rewards, many at once, named episodes."""

from dosefront.environments.make import make_vector_env
from dosefront.environments.names import NamedEnvironment, named_environment
from dosefront.environments.snapshot import environment_bytes

__all__ = ["NamedEnvironment", "environment_bytes", "make_vector_env", "named_environment"]
