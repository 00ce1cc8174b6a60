"""A small CGMES 2.4.15 model, written by hand: source, 110 kV line, transformer, load at 20 kV."""

import zipfile
from pathlib import Path

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:cim="http://iec.ch/TC57/2013/CIM-schema-cim16#" '
    'xmlns:md="http://iec.ch/TC57/61970-552/ModelDescription/1#" '
    'xmlns:entsoe="http://entsoe.eu/CIM/SchemaExtension/3/1#">\n'
)
PROFILES = {
    "EQ": "http://entsoe.eu/CIM/EquipmentCore/3/1",
    "SSH": "http://entsoe.eu/CIM/SteadyStateHypothesis/1/1",
    "TP": "http://entsoe.eu/CIM/Topology/4/1",
    "SV": "http://entsoe.eu/CIM/StateVariables/4/1",
}
NODES = {"A": "V110", "B": "V110", "C": "V20"}
TERMINALS = {
    "T_source": ("source", "A", 1),
    "T_line1": ("line", "A", 1),
    "T_line2": ("line", "B", 2),
    "T_trafo1": ("trafo", "B", 1),
    "T_trafo2": ("trafo", "C", 2),
    "T_load": ("load", "C", 1),
}
P_MW, Q_MVAR = 12.0, 3.0


def element(kind: str, name: str, about: bool = False, **values: str) -> str:
    """One object; a value that begins with # is a reference."""
    key = f'rdf:about="#_{name}"' if about else f'rdf:ID="_{name}"'
    lines = [f"<cim:{kind} {key}>"]
    for path, value in values.items():
        tag = path.replace("__", ".")
        if value.startswith("#"):
            lines.append(f'  <cim:{tag} rdf:resource="{value}"/>')
        else:
            lines.append(f"  <cim:{tag}>{value}</cim:{tag}>")
    return "\n".join([*lines, f"</cim:{kind}>"])


def named(kind: str, name: str, **values: str) -> str:
    return element(kind, name, IdentifiedObject__name=name, **values)


def equipment() -> list[str]:
    parts = [
        named("GeographicalRegion", "G"),
        named("SubGeographicalRegion", "SG", SubGeographicalRegion__Region="#_G"),
    ]
    for kv in ("110", "20"):
        parts += [
            named("BaseVoltage", f"BV{kv}", BaseVoltage__nominalVoltage=kv),
            named("Substation", f"S{kv}", Substation__Region="#_SG"),
            named(
                "VoltageLevel", f"V{kv}",
                VoltageLevel__Substation=f"#_S{kv}", VoltageLevel__BaseVoltage=f"#_BV{kv}",
            ),
        ]  # fmt: skip
    parts += [
        named(
            "ConnectivityNode", f"N{node}",
            ConnectivityNode__ConnectivityNodeContainer=f"#_{level}",
        )
        for node, level in NODES.items()
    ]  # fmt: skip
    parts += [
        named(
            "ExternalNetworkInjection", "source",
            Equipment__EquipmentContainer="#_V110", ConductingEquipment__BaseVoltage="#_BV110",
            ExternalNetworkInjection__governorSCD="0",
            ExternalNetworkInjection__maxP="1000", ExternalNetworkInjection__minP="-1000",
            ExternalNetworkInjection__maxQ="1000", ExternalNetworkInjection__minQ="-1000",
            ExternalNetworkInjection__maxInitialSymShCCurrent="20000",
            ExternalNetworkInjection__minInitialSymShCCurrent="10000",
            ExternalNetworkInjection__maxR0ToX0Ratio="0.1",
            ExternalNetworkInjection__minR0ToX0Ratio="0.1",
            ExternalNetworkInjection__maxR1ToX1Ratio="0.1",
            ExternalNetworkInjection__minR1ToX1Ratio="0.1",
            ExternalNetworkInjection__maxZ0ToZ1Ratio="1",
            ExternalNetworkInjection__minZ0ToZ1Ratio="1",
            ExternalNetworkInjection__voltageFactor="1",
        ),
        named(
            "ACLineSegment", "line",
            ConductingEquipment__BaseVoltage="#_BV110", Conductor__length="10",
            ACLineSegment__r="1.2", ACLineSegment__x="4.0", ACLineSegment__bch="0.00003",
            ACLineSegment__gch="0", ACLineSegment__r0="3", ACLineSegment__x0="12",
            ACLineSegment__b0ch="0.00002", ACLineSegment__g0ch="0",
            ACLineSegment__shortCircuitEndTemperature="80",
        ),
        named(
            "EnergyConsumer", "load",
            Equipment__EquipmentContainer="#_V20", ConductingEquipment__BaseVoltage="#_BV20",
        ),
        named("PowerTransformer", "trafo", Equipment__EquipmentContainer="#_S110"),
    ]  # fmt: skip
    for end, kv, r, x in (("1", "110", "2.0", "30.25"), ("2", "20", "0", "0")):
        parts.append(
            named(
                "PowerTransformerEnd", f"end{end}",
                PowerTransformerEnd__PowerTransformer="#_trafo",
                PowerTransformerEnd__ratedS="40", PowerTransformerEnd__ratedU=kv,
                PowerTransformerEnd__r=r, PowerTransformerEnd__x=x,
                PowerTransformerEnd__b="0", PowerTransformerEnd__g="0",
                PowerTransformerEnd__r0=r, PowerTransformerEnd__x0=x,
                PowerTransformerEnd__b0="0", PowerTransformerEnd__g0="0",
                PowerTransformerEnd__phaseAngleClock="0",
                TransformerEnd__BaseVoltage=f"#_BV{kv}", TransformerEnd__endNumber=end,
                TransformerEnd__Terminal=f"#_T_trafo{end}", TransformerEnd__grounded="false",
            )
        )  # fmt: skip
    parts += [
        named("OperationalLimitType", "PATL"),
        named("OperationalLimitSet", "limits", OperationalLimitSet__Terminal="#_T_line1",
              OperationalLimitSet__Equipment="#_line"),
        named("CurrentLimit", "limit", OperationalLimit__OperationalLimitSet="#_limits",
              OperationalLimit__OperationalLimitType="#_PATL", CurrentLimit__value="400"),
    ]  # fmt: skip
    parts += [
        named(
            "Terminal", terminal,
            Terminal__ConductingEquipment=f"#_{owner}",
            Terminal__ConnectivityNode=f"#_N{node}",
            ACDCTerminal__sequenceNumber=str(number),
        )
        for terminal, (owner, node, number) in TERMINALS.items()
    ]  # fmt: skip
    return parts


def hypothesis() -> list[str]:
    return [
        element("EnergyConsumer", "load", about=True, EnergyConsumer__p=str(P_MW),
                EnergyConsumer__q=str(Q_MVAR)),
        element(
            "ExternalNetworkInjection", "source", about=True,
            ExternalNetworkInjection__p="0", ExternalNetworkInjection__q="0",
            ExternalNetworkInjection__referencePriority="1",
            RegulatingCondEq__controlEnabled="false",
        ),
        *(
            element("Terminal", terminal, about=True, ACDCTerminal__connected="true")
            for terminal in TERMINALS
        ),
    ]  # fmt: skip


def topology() -> list[str]:
    kv = {"V110": "BV110", "V20": "BV20"}
    return [
        *(
            named(
                "TopologicalNode", f"TN{node}",
                TopologicalNode__BaseVoltage=f"#_{kv[level]}",
                TopologicalNode__ConnectivityNodeContainer=f"#_{level}",
            )
            for node, level in NODES.items()
        ),
        *(
            element(
                "ConnectivityNode", f"N{node}", about=True,
                ConnectivityNode__TopologicalNode=f"#_TN{node}",
            )
            for node in NODES
        ),
        *(
            element("Terminal", terminal, about=True, Terminal__TopologicalNode=f"#_TN{node}")
            for terminal, (_, node, _) in TERMINALS.items()
        ),
    ]  # fmt: skip


def variables() -> list[str]:
    return [
        element(
            "SvVoltage", f"SV{node}", SvVoltage__v=level.removeprefix("V"), SvVoltage__angle="0",
            SvVoltage__TopologicalNode=f"#_TN{node}",
        )
        for node, level in NODES.items()
    ]  # fmt: skip


def write_cgmes(folder: Path) -> list[Path]:
    """Write the four profiles as XML files."""
    files = []
    contents = {"EQ": equipment(), "SSH": hypothesis(), "TP": topology(), "SV": variables()}
    for profile, parts in contents.items():
        model = (
            f'<md:FullModel rdf:about="urn:uuid:{profile}">\n'
            f"  <md:Model.profile>{PROFILES[profile]}</md:Model.profile>\n"
            "  <md:Model.scenarioTime>2024-01-01T00:00:00Z</md:Model.scenarioTime>\n"
            "</md:FullModel>"
        )
        path = folder / f"small_{profile}.xml"
        path.write_text(HEAD + "\n".join([model, *parts]) + "\n</rdf:RDF>\n", encoding="utf-8")
        files.append(path)
    return files


def write_zip(folder: Path) -> Path:
    """Write the four profiles into one zip file."""
    path = folder / "small.zip"
    inside = folder / "xml"
    inside.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for file in write_cgmes(inside):
            archive.write(file, file.name)
    return path
