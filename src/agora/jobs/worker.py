"""The worker: takes deliveries that are due, one by one, and sends their letters. Safe to run many times at once."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from agora.actions import digests, ledger, retention
from agora.jobs import mail, notices
from agora.jobs.akismet import SecondOpinion
from agora.jobs.letters import Writer
from agora.logs import facts
from agora.priority import give_way
from agora.rendering import Renderer
from agora.rules.hours import quiet_until
from agora.settings import Settings
from agora.signing import LogKey
from agora.store import calls, events, people, site, statements
from agora.store.database import Database
from agora.store.events import Delivery, DeliveryState
from agora.tokens import Tokens

log = logging.getLogger("agora.worker")

DATABASE_AWAY = (OperationalError, PoolTimeout)
BATCH = 50
NOT_NEEDED = "no longer needed"
# Seconds that a server which ends waits for the letter in hand.
PATIENCE = 5
# Seconds between looks at the table when nobody has called: letters of other processes are found this way.
IDLE = 5.0
# Waiting times after the 1st, 2nd … failure; the last one repeats until the mail server is back.
# A letter that we cannot write is tried this often: somebody may mend the program meanwhile.
OWN_MISTAKES = 8
# What has had its time is swept away this often.
TIDY = timedelta(hours=1)
# Transactions, each of which destroys a batch of what has had its time. Others write between them.
SWEEPS = 40
# Whether the log is to be signed is asked this often.
LOOK = timedelta(minutes=1)
RETRY = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))


class Worker:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        renderer: Renderer,
        tokens: Tokens,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._database = database
        self._writer = Writer(settings, renderer, tokens)
        self._clock = clock
        self._zone = ZoneInfo(settings.time_zone)
        self._looked_at = retention.Position()
        self._digests_at: datetime | None = None
        self._tidied = clock() - TIDY
        self._log_key, self._looked = LogKey(settings.secret_key), clock() - LOOK
        self._calls = threading.Event()
        self._stopped = threading.Event()
        self._opinion = SecondOpinion(settings, database, clock, self._stopped)
        self._thread = threading.Thread(target=self.run, name="agora-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the letter in hand and end. A letter that takes too long is claimed again by the next worker."""
        self._stopped.set()
        self._calls.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PATIENCE)

    def wake(self) -> None:
        self._calls.set()

    def run(self) -> None:
        give_way()
        while not self._stopped.is_set():
            self._calls.clear()
            try:
                self.work()
            except DATABASE_AWAY as error:
                cause = str(getattr(error, "orig", error)).partition("\n")[0]
                log.warning("the database did not answer; the worker tries again: %s", cause)
            except Exception:
                # Whatever it is: without its thread, no letter would leave until the next start.
                log.exception("the worker tries again")
            self._calls.wait(IDLE)

    def work(self) -> int:
        """Do all that is due now; how many letters were sent. None is tried after the mail server was found away."""
        if self._clock() - self._looked >= LOOK:
            self._looked = self._clock()
            self._sign_log()
        self._plan_digests()
        sent = self._send_letters()
        if self._opinion.ask():
            self._calls.set()  # letters may follow from it, and there may be more to ask
        if self._clock() - self._tidied >= TIDY:
            self._tidied = self._clock()
            self._tidy()
        return sent

    def _send_letters(self) -> int:
        sent = 0
        while not self._stopped.is_set():
            with self._database.read() as session:
                due = events.deliveries_due(session, self._clock(), size=BATCH)
            if not due:
                break
            for delivery_id, attempts in due:
                try:
                    sent += self._deliver(delivery_id, attempts)
                except mail.ServerAway:
                    return sent
        return sent

    def _plan_digests(self) -> None:
        """Once an hour, as the clock on the wall shows it: people choose among its hours."""
        hour = self._clock().astimezone(self._zone).replace(minute=0, second=0, microsecond=0)
        if hour != self._digests_at:
            with self._database.write() as session:
                digests.plan(session, self._zone, now=self._clock())
            self._digests_at = hour

    def _deliver(self, delivery_id: int, attempts: int) -> int:
        with self._database.write() as session:
            if until := quiet_until(self._clock(), *calls.quiet_hours(session, delivery_id), self._zone):
                events.put_off(session, delivery_id, until)
                return 0
            if not events.claim(session, delivery_id, attempts, self._clock()):
                return 0
        try:
            with self._database.read() as session:
                letter = self._writer.write(session, delivery_id, now=self._clock())
            if letter is None:
                self._finish(delivery_id, DeliveryState.DONE, NOT_NEEDED)
                return 0
            mail.send(letter, self._settings, name=f"{delivery_id:08}")
        except mail.Undeliverable as error:
            log.warning("letter refused", extra=facts(delivery=delivery_id, trouble=str(error)))
            self._finish(delivery_id, DeliveryState.FAILED, str(error))
            return 0
        except mail.ServerAway as error:
            self._postpone(delivery_id, attempts, str(error))
            raise
        except DATABASE_AWAY:
            raise
        except Exception:
            # One letter that cannot be written must not hold up the others: it waits, and the log says why.
            log.exception("delivery %s failed", delivery_id)
            trouble = "the letter could not be written; see the log"
            if attempts + 1 < OWN_MISTAKES:
                self._postpone(delivery_id, attempts, trouble)
            else:
                self._finish(delivery_id, DeliveryState.FAILED, trouble)
            return 0
        log.info("letter sent", extra=facts(delivery=delivery_id, attempt=attempts + 1))
        self._finish(delivery_id, DeliveryState.DONE, "")
        return 1

    def _finish(self, delivery_id: int, state: DeliveryState, trouble: str) -> None:
        with self._database.write() as session:
            delivery = session.get_one(Delivery, delivery_id)
            delivery.state, delivery.done_at, delivery.trouble = state, self._clock(), trouble[:300]
            is_told = trouble != NOT_NEEDED and delivery.letter in notices.STATEMENTS
            if is_told:  # where the letter cannot arrive, the page alone tells it
                by = "letter" if state is DeliveryState.DONE else "page"
                statements.inform(session, delivery.event_id, at=self._clock(), by=by)

    def _postpone(self, delivery_id: int, attempts: int, trouble: str) -> None:
        wait = RETRY[min(attempts, len(RETRY) - 1)]
        log.warning("letter waits", extra=facts(delivery=delivery_id, hours=wait / timedelta(hours=1), trouble=trouble))
        with self._database.write() as session:
            delivery = session.get_one(Delivery, delivery_id)
            delivery.due_at, delivery.trouble = self._clock() + wait, trouble[:300]

    def _sign_log(self) -> None:
        with self._database.read() as session:
            is_due = ledger.is_due(session, self._log_key, self._clock())
        if is_due:
            with self._database.write() as session:
                ledger.sign(session, self._log_key, now=self._clock())

    def _tidy(self) -> None:
        with self._database.write() as session:
            site.forget_counts(session, self._clock())
            people.forget_ended(session, self._clock())
        for _ in range(SWEEPS):
            with self._database.write() as session:
                if not retention.sweep(session, self._settings, self._looked_at, now=self._clock()):
                    break
