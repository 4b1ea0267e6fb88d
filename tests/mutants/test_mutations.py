"""What is changed in a source, and what is left alone."""

from tests.mutants.__main__ import found_harmless, mutations_of, survivor_of
from tests.mutants.mutations import of_python, of_sql
from tests.mutants.targets import ROOT, named


def mutants(source: str) -> set[str]:
    return {mutation.of(source) for mutation in of_python(source)}


def test_a_comparison_moves_its_bound_and_a_number_goes_either_way() -> None:
    assert mutants("x = a < 3") == {"x = a <= 3", "x = a < 4", "x = a < 2"}


def test_conditions_are_joined_otherwise_and_turned_round() -> None:
    assert mutants("x = a and not b") == {"x = a or not b", "x = a and b"}
    assert mutants("x = 'y' if a else 'z'") == {
        "x = 'y' if (not (a)) else 'z'", "x = 'XXy' if a else 'z'", "x = 'y' if a else 'XXz'",
    }  # fmt: skip


def test_statements_that_do_something_are_left_out() -> None:
    assert mutants("def f(a):\n    g(a)\n    return a\n") == {
        "def f(a):\n    pass\n    return a\n", "def f(a):\n    g(a)\n    return None\n",
    }  # fmt: skip


def test_elements_of_a_short_list_are_left_out_and_values_of_a_table_change_places() -> None:
    assert mutants("x = ['a', 'b']") == {"x = ['b']", "x = ['a']"}
    assert "x = {1: 'b', 2: 'a'}" in mutants("x = {1: 'a', 2: 'b'}")


def test_places_are_found_behind_characters_of_several_bytes() -> None:
    assert mutants("x = '仓库', a < b") == {"x = 'XX仓库', a < b", "x = '仓库', a <= b"}


def test_words_examples_and_docstrings_are_left_alone() -> None:
    assert mutants('def f(x):\n    """Says 1 < 2."""\n') == set()
    assert mutants("x = check(good=[{'a': 1}], bad=[2], screen='<', version=2)") == set()
    assert mutants("def f(x):\n    yield x, 'message'\n") == {"def f(x):\n    pass\n"}


def test_what_would_not_compile_is_no_mutant() -> None:
    for source in ("x = a < 3", "def f(a):\n    g(a)\n    return a\n", "for x in y:\n    continue\n"):
        for mutant in mutants(source):
            compile(mutant, "mutant", "exec")


def test_sql_is_changed_but_for_its_comments_and_texts() -> None:
    source = "SELECT min(a) FROM t WHERE b <= 3 AND c = 'x <= 3' -- 4 <= 5"
    assert {mutation.of(source) for mutation in of_sql(source)} == {
        source.replace("min", "max"),
        source.replace("b <= 3", "b < 3"),
        source.replace("b <= 3", "b <= 4"),
        source.replace("b <= 3", "b <= 2"),
        source.replace(" AND ", " OR "),
        source.replace("c =", "c <>"),
    }


def test_sql_in_python_is_changed_as_sql() -> None:
    source = 'x = f"""SELECT a FROM t WHERE b > {c > 1}"""'
    assert mutants(source) == {source.replace("b >", "b >=")}


def test_every_survivor_on_the_list_can_still_be_made_and_has_its_reason() -> None:
    targets = {target.path: target for target in named([])}
    for path, entries in found_harmless().items():
        source = (ROOT / path).read_text(encoding="utf-8")
        made = {survivor_of(source, mutation, {})[1:3] for mutation in mutations_of(targets[path], source)}
        assert entries.keys() <= made, f"take what is no longer made out of survivors.toml: {entries.keys() - made}"
        assert all(reason.strip() for reason in entries.values())


def test_every_target_has_its_narrow_tests() -> None:
    for target in named([]):
        assert (ROOT / target.path).is_file()
        assert all((ROOT / file).is_file() for file, _ in target.tests)
