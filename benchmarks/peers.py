"""Set up the peers that are measured beside the product."""

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandapower import pandapowerNet


def lightsim_grid(net: "pandapowerNet") -> Any:  # noqa: ANN401 -- its grid has no public type
    """Convert a net to lightsim2grid without its remarks on what it leaves out."""
    from lightsim2grid.network import init_from_pandapower

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return init_from_pandapower(net)
