"""A small grid with everything an import should understand."""

import pandapower as pp
import pytest


def small_net() -> pp.pandapowerNet:
    """132 kV ring of three, two transformers down to 22 kV, 30 MW of named load."""
    net = pp.create_empty_network(name="small", f_hz=50.0)
    places = {"north": (10.7, 60.0), "west": (10.6, 59.9), "east": (10.8, 59.9)}
    hv = [pp.create_bus(net, 132.0, name=name, geodata=at) for name, at in places.items()]
    mv = [
        pp.create_bus(net, 22.0, name=f"{name}_mv", geodata=places[name])
        for name in ("west", "east")
    ]
    pp.create_ext_grid(net, hv[0], vm_pu=1.02, name="grid above")
    for a, b, name, km in ((0, 1, "l_nw", 12.0), (1, 2, "l_we", 9.0), (0, 2, "l_ne", 14.0)):
        pp.create_line_from_parameters(
            net, hv[a], hv[b], length_km=km, r_ohm_per_km=0.06, x_ohm_per_km=0.4,
            c_nf_per_km=9.0, max_i_ka=0.6, name=name, type="ol",
        )  # fmt: skip
    for at in (0, 1):
        pp.create_transformer_from_parameters(
            net, hv[at + 1], mv[at], sn_mva=40.0, vn_hv_kv=132.0, vn_lv_kv=22.0,
            vk_percent=12.0, vkr_percent=0.4, pfe_kw=0.0, i0_percent=0.0,
            name=f"t_{at + 1}",
        )  # fmt: skip
    pp.create_load(net, mv[0], p_mw=18.0, q_mvar=4.0, name="town")
    pp.create_load(net, mv[1], p_mw=12.0, q_mvar=2.0, name="works")
    pp.create_sgen(net, mv[1], p_mw=3.0, name="river")
    pp.create_switch(net, mv[0], mv[1], et="b", closed=False, name="tie")
    net.load["customers"] = [9000.0, 2.0]
    net.load["shed_class"] = [2, 1]
    net.load["kile_group"] = ["household", "industry"]
    return net


@pytest.fixture
def net() -> pp.pandapowerNet:
    return small_net()
