import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.reporting.comparison_table import FEW_NOTE, Cell, blocks, format_table


def test_leading_figure_then_difference_then_the_rest(comparison):
    world, oxford = blocks(comparison)
    assert world.headers == (
        ("Private", "mAP@100"),
        ("Δ to knn", "mAP@100"),
        ("Public", "mAP@100"),
        ("Private", "P@10"),
        ("Private", "MeanPos"),
    )
    assert oxford.headers[0] == ("Medium", "mAP")
    assert oxford.headers[-1] == ("Medium", "mP@10")
    assert world.n == "26 Private in 26 clusters, 14 Public in 14 clusters"
    assert oxford.n == "15 Medium in 8 clusters, 15 Hard in 8 clusters, 15 Easy in 8 clusters"
    assert world.notes == oxford.notes == [FEW_NOTE]


def test_cells_are_those_of_the_tidy_table(comparison):
    tidy = comparison.set_index(["benchmark", "system", "ablation", "split", "metric"])
    for block in blocks(comparison):
        for line in block.lines:
            for (split, metric), cell in zip(block.headers, line.cells, strict=True):
                of = block.headers[0][0] if cell.is_difference else split
                row = tidy.loc[(block.benchmark, *line.names, of, metric)]
                columns = (
                    ["delta", "delta_low", "delta_high"] if cell.is_difference else ["value", "low", "high"]
                )
                assert [cell.value, cell.low, cell.high] == pytest.approx(row[columns].tolist(), nan_ok=True)


def test_best_run_of_a_benchmark(comparison):
    for block in blocks(comparison):
        best = {line.names[1] for line in block.lines if line.is_best}
        assert best == {"sort_insert"}
        assert [system for system, _ in block.by_system] == list(
            dict.fromkeys(x.names[0] for x in block.lines)
        )


@pytest.mark.parametrize(
    ("cell", "text", "interval", "direction"),
    [
        (Cell(0.41234, 0.4, 0.45, "fraction"), "41.23", "[40.0, 45.0]", ""),
        (Cell(24.4, 20, 30, "rank"), "24.40", "[20.0, 30.0]", ""),
        (Cell(0.0123, 0.001, 0.02, "fraction", True, 0.01), "+1.23", "[+0.1, +2.0]", "up"),
        (Cell(-0.0123, -0.02, -0.001, "fraction", True, 0.01), "−1.23", "[−2.0, −0.1]", "down"),
        (Cell(0.01, 0.001, 0.02, "fraction", True, 0.06), "+1.00", "[+0.1, +2.0]", ""),
        (Cell(0.01, 0.001, 0.02, "fraction", True, 0.06, 0.1), "+1.00", "[+0.1, +2.0]", "up"),
        (Cell(0.01, 0.001, 0.02, "fraction", p=0.01, is_few=True), "1.00", "[0.1, 2.0]†", ""),
        (Cell(-1e-9, -1e-9, 1e-9, "fraction", True, 1.0), "+0.00", "[+0.0, +0.0]", ""),
        (Cell(np.nan, np.nan, np.nan, "fraction"), "–", "", ""),
        (Cell(0.5, np.nan, np.nan, "fraction"), "50.00", "", ""),
    ],
)
def test_cell(cell, text, interval, direction):
    assert (cell.text, cell.interval, cell.direction) == (text, interval, direction)


@pytest.mark.parametrize(
    ("p", "text"), [(0.0004, "p < 0.001"), (0.0123, "p = 0.012"), (1.0, "p = 1"), (np.nan, "")]
)
def test_p_values(p, text):
    assert Cell(0.1, 0.0, 0.2, "fraction", True, p).p_text == text


@pytest.mark.parametrize(("clusters", "changed", "is_few"), [(50, 10, False), (49, 10, True), (50, 9, True)])
def test_few_clusters_or_changes(comparison, clusters, changed, is_few):
    table = comparison.assign(clusters=clusters, changed=changed)
    cells = [line.cells for block in blocks(table) for line in block.lines if line.names[1] == "aqe"]
    assert all(difference.is_few == is_few for _, difference, *_ in cells)
    assert all(figure.is_few == (clusters < 50) for figure, *_ in cells)
    assert (FEW_NOTE.split(",")[0] in format_table(table)) == is_few


def test_clear_differences_are_marked_in_text(comparison):
    lines = format_table(comparison.assign(p_adjusted=[0.01, np.nan] * (len(comparison) // 2))).splitlines()
    row = comparison[comparison["ablation"] == "sort_insert"].iloc[0]
    assert any(f"{100 * row['delta']:+.2f} [" in line and "]*†" in line for line in lines)
    assert "* differs from the baseline: p < 0.05, adjusted for all rows" in lines
    none = format_table(comparison.assign(p_adjusted=0.05))
    assert "*" not in none


def test_text_is_aligned_and_holds_the_figures(comparison):
    text = format_table(comparison)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110
    top = lines.index(next(line for line in lines if line.startswith("system")))
    assert len({len(line) for line in lines[top - 1 : top + 8]}) == 1
    row = comparison[(comparison["ablation"] == "sort_insert") & (comparison["system"] == "v2_clean")].iloc[0]
    assert f"{100 * row['value']:.2f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]" in text
    assert sum(line.startswith("v2_clean") for line in lines) == 2
    assert "GLD-v2 retrieval on world" in text


def test_long_names_still_fit(comparison):
    long = comparison.assign(
        system="v" * 90 + comparison["system"], ablation=comparison["ablation"] + "_and_" + "alpha_qe_" * 20
    )
    text = format_table(long)
    assert max(map(len, text.splitlines())) <= 110
    assert "…" in text
    assert "Private" in text


def test_without_ablations_and_differences(comparison):
    knn = comparison[comparison["ablation"] == "knn"].drop(
        columns=["ablation", "baseline", "delta", "delta_low", "delta_high"]
    )
    world = blocks(knn)[0]
    assert world.name_headers == ("system",)
    assert world.headers[1] == ("Public", "mAP@100")
    assert "v2_clean" in format_table(knn)


def test_figure_missing_for_one_run(comparison):
    first_run = (comparison["system"] == "v2") & (comparison["ablation"] == "aqe")
    gap = comparison[~(first_run & (comparison["metric"] == "P@10"))]
    aqe = next(line for line in blocks(gap)[0].lines if line.names == ("v2", "aqe"))
    assert [cell.text == "–" for cell in aqe.cells] == [False, False, False, True, False]


def test_nothing_to_compare():
    assert format_table(pd.DataFrame({"benchmark": []})) == ""
