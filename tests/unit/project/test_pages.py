"""What a page says of an answer is looked for in it, line by line: a page that cannot be wrong proves nothing."""

import pytest

from local.pages import Call, blocks_of, calls_of

PAGE = """
Text.

```sh
make ops ARGS=queues
# bills  1 …
# dead-bills 0
ls
```

```
not typed
```

```sh
true
# done
```
"""
ANSWER = "queue       waiting\nbills       1        0:00:07\ndead-bills  0\n"


def test_the_comments_below_a_line_are_what_its_answer_must_hold() -> None:
    first, second = blocks_of(PAGE)

    assert first == [Call("make ops ARGS=queues", ("bills  1 …", "dead-bills 0")), Call("ls", ())]
    assert second == [Call("true", ("done",))]
    assert list(calls_of(PAGE)) == first + second


@pytest.mark.parametrize("wanted", ["bills 1 …", "bills 1 …:07", "dead-bills 0", "queue waiting", "bil…"])
def test_columns_may_be_wider_and_anything_may_stand_where_the_page_leaves_it_open(wanted: str) -> None:
    assert Call("x", (wanted,)).is_missing(ANSWER) == []


@pytest.mark.parametrize("wanted", ["bills 2 …", "bills … dead-bills", "waiting queue", "bills 1 …:08", "."])
def test_what_is_in_no_one_line_is_missing(wanted: str) -> None:
    assert Call("x", (wanted, "queue")).is_missing(ANSWER) == [wanted]
