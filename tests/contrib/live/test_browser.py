"""The board in Chromium with the real server: actions of staff by keyboard, and their effect on learners' pages."""

import pytest

from edx_proctoring.contrib.live import api
from edx_proctoring.contrib.live.models import Announcement, Outage, Question, Seat
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.browser.accessibility import accessible
from tests.browser.staff_pages import (  # noqa: F401  fixtures
    MARKS,
    browser,
    cookies_of,
    fits,
    open_page,
    picture,
    tab_to,
)
from tests.contrib.live.board_pages import (  # noqa: F401  fixtures
    BOARD,
    PAGE,
    exam_page,
    forget_boards,
    hall,
    row,
    rows,
)
from tests.lifecycle.noon import end_of, stored

pytestmark = [*MARKS, pytest.mark.needs("lms-urls")]
IN_ORDER = ["jo", "alex", "remy", "kim", "yuki", "sam", "robin"]


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def said(page, text):
    page.locator(f"{BOARD} .notice").get_by_text(text, exact=True).wait_for()


def refresh(page):
    """Reload the board now instead of in ten seconds."""
    with page.expect_response(
        lambda answer: "/live/?" in answer.url or answer.url.endswith("/live/")
    ):
        press(page, "Refresh now")


@pytest.fixture
def asked(hall):  # noqa: F811  a fixture
    """Create a question of kim."""
    attempt = hall.attempts["kim"]
    return Question.objects.create(
        course_id=COURSE_ID, attempt=attempt, user=attempt.user, text="May I use the formula sheet?"
    )


@pytest.fixture
def board(open_page, hall):  # noqa: F811  fixtures
    """Open the page of the board and wait for its rows."""
    page = open_page(path=PAGE)
    row(page, "jo").wait_for()
    return page


@pytest.mark.parametrize(
    ("width", "scheme", "direction"),
    [(1280, "light", "ltr"), (1280, "dark", "rtl"), (390, "light", "ltr"), (390, "dark", "rtl")],
)
def test_all_learners_are_listed_in_order(open_page, asked, width, scheme, direction):  # noqa: F811  a fixture
    page = open_page(path=PAGE, width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    row(page, "kim").get_by_text("Asks: “May I use the formula sheet?”").wait_for()
    row(page, "jo").get_by_text("Silent for 4 min").wait_for()
    row(page, "alex").get_by_text("Not watched for 1 min").wait_for()
    row(page, "remy").get_by_text("Can’t start for 1 min").wait_for()
    assert rows(page) == IN_ORDER
    banner = page.get_by_role("region", name="Northgate unreachable")
    assert "Learners who can’t start: 1. Exams that run on without proctoring: 1." in " ".join(
        banner.inner_text().split()
    )
    page.get_by_role("button", name="Show: Setting up").click()
    page.get_by_role("button", name="Show: Ended in the last hour").click()
    assert rows(page) == [*IN_ORDER, "toni", "max"]
    accessible(page)
    assert fits(page)
    picture(page, f"live-{scheme}-{width}")
    row(page, "sam").get_by_role("checkbox").check()
    page.get_by_text("Selected: 1").wait_for()
    press(page, "Answer kim")
    page.get_by_role("dialog").get_by_text("Asks: “May I use the formula sheet?”").wait_for()
    accessible(page)
    page.keyboard.press("Escape")
    press(page, "More for kim")
    page.get_by_role("button", name="The question is settled").wait_for()
    accessible(page)
    assert fits(page)


def test_a_silent_learner_can_be_found_and_given_time_and_paused_by_keyboard(board, hall):  # noqa: F811  fixtures
    page, enter = board, lambda: board.keyboard.press("Enter")
    tab_to(page, BOARD, "1\nsilent")
    enter()
    page.locator(f"{BOARD} tr[data-attempt]").nth(1).wait_for(state="detached")
    assert rows(page) == ["jo"]
    tab_to(page, BOARD, "Message jo")
    enter()
    page.get_by_role("dialog", name="Message to jo").wait_for()
    page.keyboard.type("Are you there?")
    tab_to(page, BOARD, "Send")
    enter()
    said(page, "Sent to 1.")
    page.get_by_text("0 of 1 have seen it").wait_for()
    assert page.locator(f"{BOARD} :focus").get_attribute("aria-label") == "Message jo"
    tab_to(page, BOARD, "1\nsilent")
    enter()
    row(page, "sam").wait_for()
    before = {name: end_of(hall.attempts[name]) for name in ("jo", "sam", "yuki")}
    tab_to(page, BOARD, "More actions")
    enter()
    page.get_by_role("button", name="Add minutes to all who run…").wait_for()
    enter()  # on the first item of the menu
    page.get_by_role("dialog").get_by_label("Exam").select_option("Midterm: Probability")
    tab_to(page, BOARD, "Next")
    enter()
    page.get_by_role("dialog").get_by_label("Minutes").wait_for()
    tab_to(page, BOARD, "Reason")
    page.keyboard.type("Fire alarm")
    tab_to(page, BOARD, "Preview")
    enter()
    page.get_by_role("dialog").get_by_text("10 min more, ends").first.wait_for()
    accessible(page)
    assert end_of(hall.attempts["jo"]) == before["jo"]
    tab_to(page, BOARD, "Add minutes to 4 attempts")
    enter()
    said(page, "Done for 4 of 4.")
    gained = {
        name: (end_of(hall.attempts[name]) - at).total_seconds() for name, at in before.items()
    }
    assert gained == {"jo": 600, "sam": 600, "yuki": 0}
    row(page, "sam").get_by_text("+10 min").wait_for()
    tab_to(page, BOARD, "Pause sam’s exam")
    enter()
    page.get_by_role("dialog").get_by_label("Reason").wait_for()
    page.keyboard.type("Wait for me")
    tab_to(page, BOARD, "Pause")
    enter()
    said(page, "sam is paused.")
    row(page, "sam").get_by_text("clock stands still").wait_for()
    assert page.locator(f"{BOARD} :focus").count() == 1


def test_the_actions_of_the_panel_of_one_learner(board, hall):  # noqa: F811  fixtures
    press(board, "Message yuki")
    dialog = board.get_by_role("dialog")
    press(board, "Help is on its way.")
    press(board, "Send")
    said(board, "Sent to 1.")
    press(board, "Undo")
    said(board, "The message was taken back.")
    assert Announcement.objects.get().withdrawn_at is not None
    press(board, "Add minutes for yuki")
    dialog.get_by_label("Minutes").fill("5")
    dialog.get_by_label("Reason").fill("Late start")
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_text("5 min more").wait_for()
    press(board, "Add minutes to 1 attempt")
    said(board, "Done for 1 of 1.")
    press(board, "Undo")
    said(board, "Undone for 1 of 1.")
    press(board, "Pause yuki’s exam")
    dialog.get_by_label("Reason").fill("Alarm")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    said(board, "yuki is paused.")
    press(board, "Continue yuki’s exam")
    press(board, "Continue the attempt")
    said(board, "The clock of yuki runs again.")
    press(board, "More for yuki")
    press(board, "End attempt…")
    dialog.get_by_label("Reason (optional)").fill("Left the room")
    press(board, "End attempt")
    said(board, "The attempt of yuki in “Quiz 4: Sampling” was ended.")
    assert stored(hall.attempts["yuki"]).status == "submitted"
    press(board, "Show: Ended in the last hour")
    row(board, "yuki").get_by_text("Submitted").wait_for()


def test_questions_can_be_answered_or_closed(open_page, asked, hall):  # noqa: F811  fixtures
    page = open_page(path=PAGE)
    press(page, "Answer kim")
    page.get_by_role("dialog").get_by_label("Message").fill("Yes.")
    press(page, "Send")
    said(page, "Sent to 1.")
    row(page, "kim").get_by_text("Asks:").wait_for(state="detached")
    asked.refresh_from_db()
    assert asked.answer.text == "Yes."
    other = Question.objects.create(
        course_id=COURSE_ID, attempt=asked.attempt, user=asked.user, text="Really?"
    )
    refresh(page)
    row(page, "kim").get_by_text("Asks: “Really?”").wait_for()
    press(page, "More for kim")
    press(page, "The question is settled")
    said(page, "The question is no longer shown.")
    row(page, "kim").get_by_text("Asks:").wait_for(state="detached")
    other.refresh_from_db()
    assert (other.closed_at is not None, other.answer) == (True, None)


def test_a_pause_for_all_and_an_announcement(board, hall):  # noqa: F811  fixtures
    for name in ("sam", "robin"):
        row(board, name).get_by_role("checkbox").check()
    press(board, "Select all 6 running")
    board.get_by_text("Selected: 6").wait_for()
    board.get_by_role("region", name="Actions for the selected").get_by_role(
        "button", name="Pause…"
    ).click()
    dialog = board.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Fire alarm")
    press(board, "Preview")
    press(board, "Pause 6 attempts")
    said(board, "Done for 6 of 6.")
    press(board, "Undo")
    said(board, "Undone for 6 of 6.")
    board.get_by_label("To", exact=True).select_option("Room B 204 (3)")
    board.get_by_label("New announcement").fill("Please switch your phones off.")
    press(board, "Announce")
    said(board, "Sent to 3.")
    feed = board.locator(f"{BOARD} .feed")
    feed.get_by_text("not yet:").wait_for()
    assert all(name in feed.inner_text() for name in ("robin", "kim", "toni"))
    assert board.get_by_label("New announcement").input_value() == ""
    press(board, "More actions")
    press(board, "Export the log of all actions…")
    board.get_by_role("dialog").get_by_label("XLSX").check()
    with board.expect_download() as stored_file:
        press(board, "Export")
    assert stored_file.value.suggested_filename.endswith(".xlsx")


def test_an_invigilator_sees_the_assigned_room(board, hall, open_page, client_for, live_server):  # noqa: F811  fixtures
    pat = UserFactory(username="pat")
    press(board, "More actions")
    press(board, "Rooms and invigilators…")
    dialog = board.get_by_role("dialog")
    dialog.get_by_label("Room", exact=True).fill("Lab")
    dialog.get_by_label("Learners who sit there").fill("sam, yuki, nobody")
    dialog.get_by_label("Invigilators").fill("pat")
    accessible(board)
    press(board, "Save")
    dialog.get_by_role("heading", name="Done for 3 of 4.").wait_for()
    dialog.get_by_text("Nobody in this course has this username.").wait_for()
    press(board, "OK")
    row(board, "sam").get_by_text("Lab").wait_for()
    assert Seat.objects.filter(room="Lab").count() == 2
    theirs = open_page(path=PAGE)
    theirs.context.add_cookies(cookies_of(client_for(pat), live_server.url))
    theirs.goto(PAGE)
    row(theirs, "yuki").wait_for()
    assert rows(theirs) == ["yuki", "sam"]
    press(theirs, "More actions")
    assert theirs.get_by_role("button", name="Rooms and invigilators…").count() == 0
    theirs.keyboard.press("Escape")
    press(theirs, "Message sam")
    theirs.get_by_role("dialog").get_by_label("Message").fill("Sit down, please.")
    press(theirs, "Send")
    said(theirs, "Sent to 1.")
    assert Announcement.objects.get().by == pat
    press(board, "More for sam")
    press(board, "Move to another room…")
    dialog.get_by_label("Room", exact=True).fill("Room A 101")
    press(board, "Move")
    said(board, "Done for 1 of 1.")
    refresh(theirs)
    row(theirs, "sam").wait_for(state="detached")
    api.dismiss(COURSE_ID, "Lab", "pat")
    refresh(theirs)
    theirs.get_by_role("alert").wait_for()
    assert rows(theirs) == []


def test_lost_time_is_credited_after_a_preview_that_stores_nothing(board, hall):  # noqa: F811  fixtures
    press(board, "More actions")
    board.locator(".menu").get_by_text("Credit the lost time…").click()
    dialog = board.get_by_role("dialog")
    dialog.get_by_label("Exam").select_option("Midterm: Probability")
    dialog.get_by_label("Reason in the record").fill("No network")
    press(board, "Preview")
    dialog.get_by_role("heading", name="Credit 1 attempt").wait_for()
    accessible(board)
    press(board, "Cancel")
    assert not Outage.objects.exists()
    before = end_of(hall.attempts["jo"])
    press(board, "More actions")
    board.locator(".menu").get_by_text("Credit the lost time…").click()
    dialog.get_by_label("Exam").select_option("Midterm: Probability")
    dialog.get_by_label("What is given back").select_option("The whole time, to everybody")
    dialog.get_by_label("Reason in the record").fill("No network")
    press(board, "Preview")
    press(board, "Credit 4 attempts")
    said(board, "Done for 4 of 4.")
    assert (end_of(hall.attempts["jo"]) - before).total_seconds() == 600
    assert (Outage.objects.count(), TimeAdjustment.objects.filter(kind="outage").count()) == (1, 4)


def test_announcements_and_questions_arrive_within_the_promised_time(board, hall, exam_page):  # noqa: F811  fixtures
    theirs = exam_page(hall.attempts["jo"])
    press(board, "Message jo")
    board.get_by_role("dialog").get_by_label("Message").fill("Are you there?")
    press(board, "Send")
    said(board, "Sent to 1.")
    theirs.clock.fast_forward("00:31")
    message = theirs.get_by_role("group", name="From the invigilator")
    message.get_by_text("Are you there?").wait_for()
    # The board polls by itself.
    row(board, "jo").get_by_text("Silent for").wait_for(state="detached")
    theirs.get_by_role("button", name="I have read this").click()
    message.wait_for(state="detached")
    theirs.get_by_role("button", name="Ask the invigilator").click()
    theirs.get_by_label("Your question to the invigilator").fill("Which formula sheet?")
    theirs.get_by_role("button", name="Send").click()
    theirs.get_by_text("You have asked: “\u2068Which formula sheet?\u2069”").wait_for()  # isolated
    row(board, "jo").get_by_text("Asks: “Which formula sheet?”").wait_for()
    press(board, "Answer jo")
    board.get_by_role("dialog").get_by_label("Message").fill("The yellow one.")
    press(board, "Send")
    row(board, "jo").get_by_text("Asks:").wait_for(state="detached")
    theirs.clock.fast_forward("00:31")
    message.get_by_text("The yellow one.").wait_for()
    theirs.get_by_role("button", name="Ask the invigilator").wait_for()
    press(board, "Add minutes for jo")
    board.get_by_role("dialog").get_by_label("Reason").fill("Late start")
    press(board, "Preview")
    press(board, "Add minutes to 1 attempt")
    said(board, "Done for 1 of 1.")
    theirs.clock.fast_forward("00:31")
    theirs.get_by_text("Time added to your exam: 10 minutes.").first.wait_for()
    press(board, "Pause jo’s exam")
    board.get_by_role("dialog").get_by_label("Reason").fill("Fire alarm: leave the room.")
    board.get_by_role("dialog").get_by_role("button", name="Pause", exact=True).click()
    said(board, "jo is paused.")
    theirs.clock.fast_forward("00:31")
    reason = theirs.get_by_text("Fire alarm: leave the room.")
    reason.wait_for()
    press(board, "Continue jo’s exam")
    press(board, "Continue the attempt")
    said(board, "The clock of jo runs again.")
    theirs.clock.fast_forward("00:16")
    reason.wait_for(state="detached")
    board.get_by_text("All 1 have seen it").wait_for()
