"""Errors that a page states beside its table of errors, or without one."""

import pytest

from sls_contract.spec.pages import derive

PAGE = """# ListOrchards

## Request syntax

```
GET /orchards/{orchard}/trees HTTP/1.1
```

## Error codes

"""
TABLE = "|Status|Code|Message|\n|---|---|---|\n|404|OrchardNotExist|There is no orchard.|\n"
HTML = "<table><tr><th>Status</th><th>Code</th></tr>{}<tr><td>400</td><td>ParameterInvalid</td></tr></table>\n"


@pytest.mark.parametrize(
    "listed",
    [
        TABLE,
        "HTTP 404: OrchardNotExist, There is no orchard.\n",
        "- HTTP status code: 404\n- Error code: OrchardNotExist\n- Error message: There is no orchard.\n",
        "### OrchardNotExist\n\n- Status: 404\n- Message: There is no orchard.\n",
        "404 (OrchardNotExist): There is no orchard.\n",
    ],
)
@pytest.mark.parametrize("coded", ["### 400\n\nParameterInvalid: It is bad.\n", "- 400 ParameterInvalid: It is bad.\n"])
def test_errors_of_several_forms_are_all_read(listed, coded):
    """A table, records and lists add to each other."""
    assert derive(f"{PAGE}{listed}\n{coded}").errors == {
        (404, "OrchardNotExist"): ["There is no orchard."],
        (400, "ParameterInvalid"): ["It is bad."],
    }


def test_a_table_of_errors_with_a_cell_per_line_before_its_pipe():
    """Head and rows break after each cell; the table ends where its last row has all cells."""
    table = (
        "Status |\nCode |\nMessage |\nDescription |\n---|---|---|---|\n"
        "404 |\nOrchardNotExist |\nThere is no orchard. |\nIt was never\nplanted. |\n"
        "400 |\nParameterInvalid |\nIt is bad. |\n|\nMore on other pages.\n"
    )
    page = derive(PAGE + table)
    assert page.errors == {
        (404, "OrchardNotExist"): ["There is no orchard."],
        (400, "ParameterInvalid"): ["It is bad."],
    }
    assert page.problems == []


def test_a_row_of_errors_that_begins_with_its_status_lacks_its_last_cells():
    """It shares nothing with the row above, as a row without the first cells does."""
    head = (
        "|\nStatus |\nCode |\nMessage |\nDescription |\n|---|---|---|---|\n| 400 | ParameterInvalid | It is bad. | |\n"
    )
    page = derive(f"{PAGE}{head}| 404 | OrchardNotExist | There is no orchard. |\nSee more.\n")
    assert page.errors == {
        (400, "ParameterInvalid"): ["It is bad."],
        (404, "OrchardNotExist"): ["There is no orchard."],
    }
    spanned = derive(f"{PAGE}{head}| BranchInvalid | It is bent. | Bent. |\n")
    assert spanned.errors[400, "BranchInvalid"] == ["It is bent."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Returns `OrchardGone` with 410 if it was removed.",
        "Returns 410 OrchardGone if it was removed.",
        "The service responds with status code 410 and error code OrchardGone.",
        "If it was removed, HTTP status 410 and the error code `OrchardGone` are returned.",
        "If it was removed, the error code OrchardGone is returned with the HTTP status code 410.",
        "A 410 error (OrchardGone) is returned.",
        "返回 `OrchardGone`（410）。",
        "错误码为 OrchardGone，状态码为 410。",
        "果园已删除时，返回410错误，错误码OrchardGone。",
        "返回HTTP状态码410和错误码OrchardGone。",
    ],
)
@pytest.mark.parametrize("above", ["", f"{TABLE}\n"])
def test_a_sentence_states_an_error(sentence, above):
    """Only words that join status and code stand between them; what else it says is no message."""
    page = derive(f"{PAGE}{above}{sentence}\n")
    assert page.errors[410, "OrchardGone"] == []
    assert [each.says for each in page.problems] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "If it is gone (410), OrchardGone is said.",
        "A status code of 404 means that CreateOrchard was not called.",
        "返回403，CreateOrchard接口可用。",
        "Returns ListOrchards with 500 entries.",
        "400-499 OrchardGone",
    ],
)
def test_a_sentence_that_need_not_state_an_error_is_listed(sentence):
    """The word in capitals can be an operation, and the number anything."""
    page = derive(f"{PAGE}{sentence}\n")
    assert (page.errors, [each.says for each in page.problems]) == ({}, [sentence])


def test_an_error_in_a_sentence_of_another_section_is_listed():
    """It can be an error of another operation."""
    sentence = "Returns OrchardGone with 410."
    page = derive(PAGE.replace("## Request", f"{sentence}\n\n## Request", 1))
    assert (page.errors, [each.says for each in page.problems]) == ({}, [sentence])


@pytest.mark.parametrize(
    ("table", "problems"),
    [
        (TABLE + "||TreeNotExist||\n|400|ParameterInvalid||\n", ["none; 404 in the row above"]),
        (TABLE + "|^^|TreeNotExist||\n|400|ParameterInvalid||\n", []),
        (TABLE.replace("|404", "|404|||\n|") + "||TreeNotExist||\n|400|ParameterInvalid||\n", []),
        (
            HTML.format("<tr><td rowspan=2>404</td><td>OrchardNotExist</td></tr><tr><td>TreeNotExist</td></tr>"),
            [],
        ),
        (
            HTML.format(
                "<tr><td>404</td><td>OrchardNotExist</td></tr><tr><td></td><td>TreeNotExist</td></tr>",
            ),
            ["none; 404 in the row above"],
        ),
    ],
)
def test_an_empty_cell_of_a_status_is_listed(table, problems):
    """It is often merged with the cell above, but can be a mistake; a cell that spans rows, or a title, is sure."""
    page = derive(PAGE + table)
    assert {*page.errors} == {(404, "OrchardNotExist"), (404, "TreeNotExist"), (400, "ParameterInvalid")}
    assert [each.says for each in page.problems] == problems


@pytest.mark.parametrize(
    "listed",
    [
        "### OrchardNotExist\n\nHTTP status code: 404\n\nThere is no orchard.\n",
        "404：OrchardNotExist（There is no orchard.）\n",
        "- 错误码：OrchardNotExist；状态码：404；错误信息：There is no orchard.\n",
    ],
)
def test_a_message_stands_in_brackets_in_a_record_or_below_it(listed):
    """It is the only text there."""
    page = derive(PAGE + listed)
    assert (page.errors, page.problems) == ({(404, "OrchardNotExist"): ["There is no orchard."]}, [])


def test_the_code_of_an_error_is_a_heading_below_a_bold_line():
    """The bold line has no level that it could be compared with."""
    record = "### {}\n\n- HTTP status code: {}\n- Error message: There is none.\n\n"
    codes = {(404, "OrchardNotExist"): ["There is none."], (410, "OrchardGone"): ["There is none."]}
    listed = "".join(record.format(code, status) for status, code in codes)
    assert derive(PAGE.replace("## Error codes", "**Error codes**") + listed).errors == codes


@pytest.mark.parametrize("item", ["[403] Unauthorized", "（403）：Unauthorized"])
@pytest.mark.parametrize("below", ["", "- 错误码：OrchardNotExist；状态码：404\n"])
def test_a_status_in_brackets_is_listed(item, below):
    """Also above a record, whose line it is not."""
    says = [each.says for each in derive(f"{PAGE}- {item}\n{below}").problems]
    assert [each.strip() for each in says] == [item]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Orchard orchardNamdoes not exist.", ["orchardNamdoes"]),
        ("Orchard orchardNameis invalid.", ["orchardNameis"]),
        ("Orchard orchardName does not exist.", []),
        ("The analysis of orchardName exists.", []),
    ],
)
def test_a_name_that_runs_into_the_next_word_is_listed(message, says):
    """A blank, and often the last letter, is missing."""
    table = TABLE.replace("There is no orchard.", message)
    page = derive(PAGE.replace("{orchard}", "{orchardName}") + table)
    assert page.errors == {(404, "OrchardNotExist"): [message]}
    assert [each.says for each in page.problems if each.kind == "error-spelling"] == says


@pytest.mark.parametrize(
    "word", ["Paramter", "Invaild", "Exsit", "Pernission", "interval", "context", "Projects", "expires"]
)
def test_a_word_of_other_codes_with_a_slip_is_listed(word):
    """A letter is missing, added or at another place; a letter instead of another can be another word."""
    misspelt = word in {"Paramter", "Invaild", "Exsit"}
    says = [f"Tree{word.capitalize()}", word] if misspelt else []
    page = derive(f"{PAGE}{TABLE}|400|Tree{word.capitalize()}|The {word} is bad.|\n")
    assert page.errors[400, f"Tree{word.capitalize()}"] == [f"The {word} is bad."]
    assert [each.says for each in page.problems if each.kind == "error-spelling"] == says


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("orchardNmae does not exist.", ["orchardNmae"]),
        ("OrchardNmae is invalid.", ["OrchardNmae"]),
        ("The orhcardName is invalid.", ["orhcardName"]),
        ("果园 orchardNmae 不存在。", ["orchardNmae"]),
        ("The orchardNam is invalid.", ["orchardNam"]),
        ("The orchardNames are invalid.", []),
        ("The orchardName is invalid.", []),
        ("The orchard is invalid.", []),
    ],
)
def test_a_name_with_swapped_or_missing_letters_is_listed(message, says):
    """A word with a capital inside is a name, so it cannot be another word."""
    table = TABLE.replace("There is no orchard.", message)
    page = derive(PAGE.replace("{orchard}", "{orchardName}") + table)
    assert page.errors == {(404, "OrchardNotExist"): [message]}
    assert [each.says for each in page.problems if each.kind == "error-spelling"] == says


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        ("404ProjectNotExistThe project is gone.", "ProjectNotExist", "The project is gone."),
        ("404ProjectNotExistProject p does not exist.", "ProjectNotExist", "Project p does not exist."),
        ("404ProjectNotExistProjectName does not exist.", "ProjectNotExist", "ProjectName does not exist."),
        ("404OrchardNotExistOrchard o is gone.", "OrchardNotExist", "Orchard o is gone."),
        ("404OrchardNotExist果园不存在。", "OrchardNotExist", "果园不存在。"),
        ("404LogStoreNotExist logstore is gone.", "LogStoreNotExist", "logstore is gone."),
        ("500InternalServerErrorInternal Server Error", "InternalServerError", "Internal Server Error"),
        ("404ProjectNotExistThe project is gone.项目不存在。", "ProjectNotExist", "The project is gone."),
        (
            "404ProjectNotExistThe project is gone.The error message returned because it is.",
            "ProjectNotExist",
            "The project is gone.",
        ),
    ],
)
@pytest.mark.parametrize("head", ["", "HTTP status codeError codeError message\n", "HTTP状态码错误码错误信息\n\n"])
def test_an_error_whose_cells_have_no_separators_is_read(head, row, code, message):
    """The code is known, or the message begins with an article, in Chinese, or with a word of the code."""
    page = derive(f"{PAGE}{head}{row}\n")
    assert (page.errors, page.problems) == ({(int(row[:3]), code): [message]}, [])


@pytest.mark.parametrize(
    "row",
    [
        "400InvalidParameterValue is bad.",
        "404GroupNotExistInGroupThe group.",
        "400ParameterInvalidorchard is bad.",
        "403OrchardLostTree t is gone.",
        "404ProjectNotExistThe project. 403ProjectForbiddenThe project.",
    ],
)
def test_an_error_without_separators_that_can_be_split_at_several_places_is_listed(row):
    """Its code can be longer."""
    page = derive(f"{PAGE}{row}\n")
    assert (page.errors, [each.says.strip() for each in page.problems]) == ({}, [row])


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("HTTP status codeError codeError message", "The project is gone.Check it."),
        ("HTTP status codeError codeError messageDescription", "The project is gone for good."),
    ],
)
def test_a_message_without_separators_need_not_end_before_its_description(head, message):
    """The error itself is sure."""
    page = derive(f"{PAGE}{head}\n404ProjectNotExist{message}\n")
    assert page.errors == {(404, "ProjectNotExist"): []}
    assert [(each.where, each.says) for each in page.problems] == [("message of ProjectNotExist", message)]
