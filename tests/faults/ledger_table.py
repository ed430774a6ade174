"""What befalls the ledger and what comes of it, as a table: ``uv run python -m tests.faults.ledger_table [zh|en]`` prints it.

``docs/_generated/ledger_faults.md`` is its output; tests hold the two together. Each row names the tests that show it; where it
has an error, one of them holds the error that it met against the row (:func:`meets`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from credit_sdk.cli import failures
from credit_sdk.errors import CreditError, InvalidRequest, LedgerDamaged, LedgerUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

Lang: TypeAlias = Literal["zh", "en"]

HEADS: dict[Lang, tuple[str, ...]] = {
    "zh": ("编号", "台账遇到了什么事", "结果", "错误", "退出码", "出路"),
    "en": ("id", "What befalls the ledger", "Result", "error", "exit code", "The way out"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault.

    :param way: what somebody has to do, in Chinese and in English; ``None``: nothing.
    :param tests: that show it, as ``file::test`` under ``tests``; or a command.
    """

    id: str
    zh: str
    en: str
    zh_result: str
    en_result: str
    error: type[CreditError] | None = None
    way: tuple[str, str] | None = None
    tests: tuple[str, ...]

    @property
    def exit_code(self) -> int | None:
        """The command line's."""
        return None if self.error is None else failures.exit_code(self.error)


_NOTHING_HALF: dict[str, Any] = {
    "zh_result": "本次什么都没有写入, 已入账的仍在",
    "en_result": "nothing of it is written, what was there stays",
}
_LATER: dict[str, Any] = {
    "zh_result": "反馈留在台账, 按退避表重试, 幂等键不变; 一条不丢, 接收方一条不重",
    "en_result": "reports stay in the ledger and are tried again by the schedule, their keys unchanged; none lost, none twice",
}
_MAKE_ROOM = ("腾出空间后重试", "make room, then try again")
_STORE, _PROCESSES, _NETWORK = "test_ledger_store", "test_ledger_processes", "test_ledger_network"
_KILLS, _TRANSACTIONS = "test_ledger_kills", "test_ledger_transactions"

# fmt: off
ROWS: tuple[Row, ...] = (
    Row(id="killed", zh="进程在任一时刻被 SIGKILL (核查、反馈、提交、发送、接收、记下回执之间): 测试中 50 次, 一千次的见“在一千个点上杀进程”", en="a process is ended by SIGKILL at any moment (between check, report, commit, send, receive, acknowledge): fifty in the tests, a thousand further below", zh_result="已确认的反馈一条不丢, 按键去重的接收方一条不重; 租约到期后由其他进程接手", en_result="no acknowledged report is lost, none is twice at a receiver that drops repeats by key; others take over when the lease ends", tests=(f"faults/{_KILLS}::test_fifty_kills", f"faults/{_KILLS}::test_in_the_callers_transaction")),
    Row(id="locked", zh="台账被另一个程序锁定超过 5 秒", en="another program holds the ledger for more than 5 seconds", **_NOTHING_HALF, error=LedgerUnavailable, way=("关闭占用它的程序后重试", "close what holds it, then try again"), tests=(f"faults/{_STORE}::test_locked", f"faults/{_STORE}::test_locked_for_a_moment_only")),
    Row(id="no-room", zh="磁盘已满, 或超出文件大小限制", en="the disk is full, or a limit on file size is reached", **_NOTHING_HALF, error=LedgerUnavailable, way=_MAKE_ROOM, tests=(f"faults/{_STORE}::test_no_room", f"faults/{_STORE}::test_a_full_disk")),
    Row(id="read-only", zh="台账文件或所在文件夹只读", en="the file or its folder is read-only", **_NOTHING_HALF, error=LedgerUnavailable, way=("授予读写权限, 或换一个路径", "have access granted, or name another path"), tests=(f"faults/{_STORE}::test_read_only",)),
    Row(id="not-required", zh="以上三种, 而 `ledger_required=False`", en="any of these three with `ledger_required=False`", zh_result="核查照常给出结论, 隔一段时间记一条日志并通知观察者; `report` 仍然失败", en_result="checks give their decisions, told once in a while in the log and to the observer; `report` fails all the same", way=("尽快修复; 未入账的核查不在统计内", "mend it soon; what is not kept is in no figure"), tests=(f"faults/{_STORE}::test_not_required",)),
    Row(id="damaged-page", zh="文件中有一页损坏", en="a page of the file is damaged", zh_result="读到这一页时报错; 其余的照常读写", en_result="an error where that page is read; the rest is read and written as ever", error=LedgerDamaged, way=("停用各进程, 运行 `credit ledger repair`", "stop what uses it, then run `credit ledger repair`"), tests=(f"faults/{_STORE}::test_a_damaged_page_is_told_and_the_rest_survives", f"faults/{_STORE}::test_a_damaged_page_is_repaired_by_the_command")),
    Row(id="many", zh="两个进程各 8 个线程同时写同一台账", en="two processes with eight threads each on one ledger", zh_result="各条恰好入账一次, 序号连续", en_result="each is there exactly once, in an unbroken order", tests=(f"faults/{_PROCESSES}::test_two_processes_with_eight_threads_each",)),
    Row(id="forked", zh="有行在排队、有反馈在送时 fork", en="forked with rows queued and deliveries under way", zh_result="父子进程继续可用, 各条恰好一次", en_result="parent and child go on, each report exactly once", tests=(f"faults/{_PROCESSES}::test_a_fork_with_queued_rows",)),
    Row(id="exit", zh="解释器退出时队列未清空, 平台不应答", en="the interpreter ends with a full queue while the platform is silent", zh_result="2 秒左右退出, 退出码 0; 下一个进程接着送", en_result="it ends after some 2 seconds with exit code 0; the next process delivers", tests=(f"faults/{_PROCESSES}::test_the_interpreter_ends_with_a_full_queue", f"faults/{_PROCESSES}::test_the_interpreter_ends_while_threads_report")),
    Row(id="interrupted", zh="信号处理函数的异常打断正在写入的线程 (Ctrl-C, 工作进程超时)", en="a signal's exception interrupts the thread that writes (Ctrl-C, a worker's time limit)", zh_result="异常照常传出; 其他线程不受影响, 已确认的都在", en_result="the exception comes out; other threads go on, what was acknowledged is there", tests=(f"faults/{_PROCESSES}::test_a_signal_interrupts_the_writer",)),
    Row(id="clock-back", zh="系统时钟被拨回一天", en="the system's clock is put back a day", zh_result="新的反馈按原有次序入账, 立即送出; 已推迟的最多晚一天", en_result="new reports are kept in their order and delivered at once; those put off come a day late at most", tests=(f"faults/{_PROCESSES}::test_the_clock_is_put_back_a_day",)),
    Row(id="week", zh="平台停机一周", en="the platform is away for a week", **_LATER, tests=(f"faults/{_NETWORK}::test_the_platform_is_away_for_a_week",)),
    Row(id="500-stored", zh="平台存下之后应答 500", en="the platform answers 500 after it has stored", **_LATER, tests=(f"faults/{_NETWORK}::test_it_fails_after_it_has_stored",)),
    Row(id="429", zh="平台持续限流 (429, `Retry-After`)", en="the platform limits the rate (429, `Retry-After`)", **_LATER, tests=(f"faults/{_NETWORK}::test_a_storm_of_429",)),
    Row(id="close", zh="close(timeout) 时对方不应答、不接受连接、TLS 握手停住", en="close(timeout) while the other side is silent, accepts nobody, or hangs in the TLS handshake", zh_result="限时 + 0.5 秒内返回; 未送达的留在台账", en_result="it returns within its timeout and half a second; what is not delivered stays in the ledger", tests=(f"faults/{_NETWORK}::test_close_keeps_its_word",)),
    Row(id="rollback", zh="调用方事务回滚 (PostgreSQL)", en="the caller's transaction is rolled back (PostgreSQL)", zh_result="反馈不在台账, 同一反馈可再报", en_result="the report is not in the ledger, and can be made again", tests=(f"faults/{_TRANSACTIONS}::test_a_rollback_leaves_nothing",)),
    Row(id="restarted", zh="事务进行中 PostgreSQL 重启", en="PostgreSQL is restarted in the middle of a transaction", zh_result="调用方提交失败, 业务数据与反馈都不在; 重做即可", en_result="the caller's commit fails, neither his rows nor the report are there; do it again", tests=(f"faults/{_TRANSACTIONS}::test_the_server_is_restarted_in_the_middle", "integration/ledger/test_postgres_restarts::test_a_server_that_stops_in_the_middle_leaves_nothing_half")),
    Row(id="joined-file", zh="SQLite 台账被要求加入调用方的事务", en="a ledger in SQLite is to join the caller's transaction", **_NOTHING_HALF, error=InvalidRequest, way=("需要同一事务时用 PostgreSQL 台账", "use a ledger in PostgreSQL for that"), tests=(f"faults/{_STORE}::test_a_file_joins_no_transaction",)),
)
# fmt: on


def meets(id: str, error: CreditError | str, exit_code: int | None = None) -> None:
    """Assert that what came of it is what the row says.

    :param error: or its ``code``, of a program that ended.
    :param exit_code: of the command line, where it was run.
    """
    row = next(row for row in ROWS if row.id == id)
    assert row.error is not None
    if isinstance(error, CreditError):
        assert type(error) is row.error
        assert error.zh
        assert error.en
    else:
        assert error == row.error.code
    assert exit_code in {None, row.exit_code}


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def render(lang: Lang = "zh") -> str:
    """The table."""
    number = 0 if lang == "zh" else 1
    heads = HEADS[lang]
    lines = [
        (
            f"`{row.id}`",
            row.zh if lang == "zh" else row.en,
            row.zh_result if lang == "zh" else row.en_result,
            "—" if row.error is None else f"`{row.error.__name__}`",
            "—" if row.exit_code is None else row.exit_code,
            "—" if row.way is None else row.way[number],
        )
        for row in ROWS
    ]
    return "".join(f"{_line(line)}\n" for line in (heads, ["---"] * len(heads), *lines))


if __name__ == "__main__":
    sys.stdout.write(render("en" if sys.argv[1:] == ["en"] else "zh"))
