"""Puts an inspection on the screen."""

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from sconce.inspect.inspection import Inspection, Method, ModuleEntry
from sconce.inspect.metadata import Recorded, RecordedMethod
from sconce.inspect.sizes import bytes_text, size_rows

LABELS_SHOWN = 5


def print_inspection(console: Console, found: Inspection, depth: int) -> None:
    """All sections; `depth` limits the module tree."""
    size = bytes_text(found.file_bytes)
    console.print(
        Text.assemble((found.path, "bold"), f" TorchScript archive, {size}")
    )
    console.print(module_tree(found.modules, depth))
    for method in found.methods:
        show_method(console, method)
    show_tensors(console, found)
    if found.recorded:
        show_recorded(console, found.recorded)
    for note in found.notes:
        console.print(Text.assemble(("note: ", "yellow"), note))


def module_tree(modules: list[ModuleEntry], depth: int) -> Tree:
    """Modules as a tree; what lies deeper than `depth` is counted."""
    tree = Tree(Text("Modules", style="bold"))
    branches: dict[str, Tree] = {}
    for entry in modules:
        parent, _, name = entry.path.rpartition(".")
        above = branches.get(parent, tree) if entry.path else tree
        if entry.path and entry.path.count(".") >= depth:
            continue
        branches[entry.path] = above.add(module_label(entry, name))
    add_hidden(modules, branches, depth)
    return tree


def add_hidden(
    modules: list[ModuleEntry], branches: dict[str, Tree], depth: int
) -> None:
    """Below each last shown module, how many are not shown."""
    hidden: dict[str, int] = {}
    for entry in modules:
        if entry.path not in branches:
            shown = ".".join(entry.path.split(".")[:depth])
            hidden[shown] = hidden.get(shown, 0) + 1
    for path, count in hidden.items():
        branches[path].add(Text(f"… {count} more, see --depth", style="dim"))


def module_label(entry: ModuleEntry, name: str) -> Text:
    label = Text(f"{name}: " if name else "")
    label.append(entry.type, style="cyan")
    if entry.parameters:
        label.append(f"  {entry.parameters:,} parameters", style="dim")
    return label


def show_method(console: Console, method: Method) -> None:
    """The signature, what it was traced with, and its operators."""
    console.print()
    console.print(Text.assemble(("Method ", "bold"), signature(method)))
    for example in method.traced_examples:
        console.print(Text(f"  traced with {example}"))
    counts = ", ".join(f"{op} ×{n}" for op, n in method.operators.items())
    console.print(Text(f"  operators: {counts or 'none'}", style="dim"))


def signature(method: Method) -> str:
    arguments = [
        f"{each.name}: {each.type}"
        + (f" = {each.default!r}" if each.has_default else "")
        for each in method.arguments
    ]
    return f"{method.name}({', '.join(arguments)}) -> {method.returns}"


def show_tensors(console: Console, found: Inspection) -> None:
    """Sums by kind and data type, then the tensors that share storage."""
    table = Table("kind", "dtype", title_justify="left")
    for heading in ("tensors", "elements", "size"):
        table.add_column(heading, justify="right")
    for row in size_rows(found.tensors):
        table.add_row(
            row.kind,
            row.dtype,
            f"{row.tensors:,}",
            f"{row.elements:,}",
            bytes_text(row.bytes),
        )
    console.print()
    console.print(table if table.row_count else "No parameters or buffers.")
    for tensor in found.tensors:
        if tensor.shares:
            console.print(Text(f"{tensor.name} shares {tensor.shares}"))


def show_recorded(console: Console, recorded: Recorded) -> None:
    """What the exporter wrote down."""
    console.print()
    console.print(Text.assemble(("Exported", "bold"), f" by {recorded.how}"))
    if recorded.description:
        console.print(Text(recorded.description))
    for name, method in recorded.methods.items():
        show_recorded_method(console, name, method)
    for name, labels in recorded.labels.items():
        console.print(Text(f"{len(labels)} labels of {name}: {some(labels)}"))
    show_examples(console, recorded)
    for mismatch in recorded.mismatches:
        console.print(Text(f"differs from eager: {mismatch}"))


def show_recorded_method(
    console: Console, name: str, method: RecordedMethod
) -> None:
    batch = method.batch or "none"
    console.print(Text(f"{name}: batch dimension: {batch}"))
    for line in method.inputs:
        console.print(Text(f"  input  {line}"))
    for line in method.outputs:
        console.print(Text(f"  output {line}"))
    for dimension, limits in method.dimensions.items():
        texts = [f"{key} {value}" for key, value in limits.items()]
        console.print(Text(f"  {dimension}: {', '.join(texts) or 'any size'}"))


def show_examples(console: Console, recorded: Recorded) -> None:
    for example in recorded.examples:
        inputs, outputs = ", ".join(example.inputs), ", ".join(example.outputs)
        name = f"example {example.method}/{example.name}"
        console.print(Text(f"{name}: {inputs} -> {outputs}"))


def some(labels: list[str]) -> str:
    more = ", …" if len(labels) > LABELS_SHOWN else ""
    return ", ".join(labels[:LABELS_SHOWN]) + more
