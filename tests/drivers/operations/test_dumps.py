"""A dump that would not bring back tables, rows or whom they belong to is told; any form that does is not."""

import gzip

import pytest

from acceptance.drivers.operations import dumps
from acceptance.drivers.operations.handbooks import HANDBOOKS, read_blocks

OWNED = "ALTER SCHEMA backend OWNER TO app;\nALTER TABLE backend.products OWNER TO app;\n"
TABLE = "CREATE TABLE backend.products (\n);\n"
ROWS = "COPY backend.products (slug) FROM stdin;\n"
HEADING = "-- Data for Name: products; Type: TABLE DATA; Schema: backend; Owner: app\n"
EVERYTHING = [
    "backend.products", "the rows of backend.products", "the owner of backend.products",
    "the owner of the schema backend",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (OWNED + TABLE + ROWS, []),
        (OWNED + TABLE, EVERYTHING[1:2]),
        (OWNED.splitlines()[0] + "\n" + TABLE + ROWS, EVERYTHING[2:3]),
        (TABLE + ROWS, EVERYTHING[2:]),
        ("-- a dump of another database\n", EVERYTHING),
        ((OWNED + TABLE + ROWS).replace("products", "products2"), EVERYTHING[:3]),
        (OWNED + 'CREATE TABLE "backend".products (\nINSERT INTO backend.products VALUES (1);', []),
        # Written with --inserts, of a table without rows.
        (OWNED + TABLE + HEADING, []),
        ("SET SESSION AUTHORIZATION 'app';\n" + TABLE + ROWS, []),
        # An archive of pg_dump's own format has statements among other bytes, and always the owners.
        ("PGDMP\x01\x0e" + f"\x00{TABLE}\x00\x00{ROWS}\x00\x03app", []),
        ("PGDMP\x01\x0e" + f"\x00{TABLE}\x00\x03app", EVERYTHING[1:2]),
    ],
)
def test_what_a_dump_lacks_is_told(tmp_path, text, missing):
    assert dumps.lacks(text, "backend.products") == missing
    (tmp_path / "dump").write_bytes(text.encode())
    (tmp_path / "dump.gz").write_bytes(gzip.compress(text.encode()))
    assert dumps.read(tmp_path / "dump") == dumps.read(tmp_path / "dump.gz") == text


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE backend.other OWNER TO app;", []),
        ("ALTER SCHEMA public OWNER TO pg_database_owner;", []),
        ("GRANT USAGE ON SCHEMA backend TO PUBLIC;", []),
        ("ALTER EXTENSION pgcrypto OWNER TO postgres;", []),
        ("SET SESSION AUTHORIZATION DEFAULT;", []),
        ("ALTER TABLE backend.products OWNER TO app_owner;", ["the role app_owner, to which it gives something"]),
        ('GRANT SELECT ON TABLE backend.products TO "read-ers";', ["the role read-ers, to which it gives something"]),
        (
            "ALTER TABLE ONLY backend.products OWNER TO postgres;",
            ["the owner of backend.products, which is the administrator's"],
        ),
        ("ALTER TABLE backend.products2 OWNER TO postgres;", []),
        # Rows are no statements of the dump's, unless they look like one.
        ("products\tGRANT this TO somebody", []),
    ],
)
def test_what_a_dump_gives_to_somebody_else_is_told(statement, said):
    text = OWNED.replace("products", "others") + TABLE + ROWS + statement + "\n"
    assert dumps.strangers(text, "app", "postgres", ["backend.products"]) == said


@pytest.mark.parametrize(
    ("commands", "options"),
    [
        ("pg_dump --clean --if-exists platform' > file -O", []),
        ("ysql_dump -h host -U someone --clean platform' > file", []),
        ("pg_dump --clean --no-owner --no-privileges platform > file", ["--no-owner", "--no-privileges"]),
        ("ysql_dump -O -x -U someone platform", ["-O", "-x"]),
        ("pg_dump --schema-only platform; pg_dump -t auth.tokens platform", ["--schema-only", "-t"]),
    ],
)
def test_an_option_with_which_a_dump_is_not_whole_is_told(commands, options):
    assert dumps.lossy(commands) == options


def test_no_handbook_dumps_less_than_everything():
    """Those of production, too, which no scenario types."""
    blocks = [block for handbook in HANDBOOKS for block in read_blocks(handbook)]
    assert sum(bool(dumps.COMMAND.search(block.text)) for block in blocks) == 2
    assert {block.place: found for block in blocks if (found := dumps.lossy(block.text))} == {}
