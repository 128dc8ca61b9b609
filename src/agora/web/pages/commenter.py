"""The commenter's own page: what became of the comment, and what can still be done; reached by a signed address."""

from starlette.responses import Response

from agora.actions import appeals, editing, judging
from agora.actions import commenters as actions
from agora.actions import subscriptions as follow
from agora.actions.judging import PersonalData, Text
from agora.rules.errors import N_, Conflict, FieldErrors, Message, NotFound, Refused
from agora.rules.moderation import State
from agora.store import comments, statements, subscriptions
from agora.store.comments import Comment
from agora.store.subscriptions import Subscription
from agora.tokens import BadToken
from agora.web.context import Context
from agora.web.presenters.measures import own_measures
from agora.web.presenters.notices import own_notices
from agora.web.presenters.own import own_view

FLASHES = {
    "received": N_("Thank you, your comment has arrived."),
    "edited": N_("Your change is saved."),
    "withdrawn": N_("Your comment is withdrawn."),
    "confirmed": N_("Your address is confirmed."),
    "follows": N_("You will get a letter for each answer."),
    "unfollowed": N_("You will get no more letters about answers."),
    "contested": N_("You have contested the decision. The answer comes on this page, and by letter if we may write."),
    "data-asked": N_("A letter with the link is on its way to your address."),
    "erased": N_("Your comment is erased."),
    "erase-asked": N_("Your comment will be erased as soon as its open case is answered."),
    "asked": N_("A letter is on its way: please confirm your address with the link in it."),
}


def show(context: Context) -> Response:
    return _page(context, _comment(context))


def _page(
    context: Context,
    comment: Comment,
    *,
    status: int = 200,
    body: str | None = None,
    problem: Message | None = None,
    asks: bool = False,
    wrong_appeal: Message | None = None,
) -> Response:
    appeal = context.url("my_appeal", token=context.path("token"))
    return context.page(
        "comments/own.html",
        status=status,
        language=comment.language,
        own=own_view(context, comment),
        measures=own_measures(context, comment),
        notices=own_notices(context, comment, action=f"{appeal}#contest", problem=wrong_appeal),
        body=comment.revision.body if body is None else body,
        problem=problem,
        asks=asks,
        flash=FLASHES.get(context.query("done")),
    )


def appeal(context: Context) -> Response:
    """Contest the decision by which the comment is not shown."""
    comment = _comment(context)
    statement = statements.in_force(context.session, comment.id)
    if statement is None:
        raise Conflict(N_("This decision can no longer be contested here."))
    context.spend("appeal")
    appeals.lodge(context.session, statement, context.fields.raw("appeal"), context.settings, now=context.now)
    return _back(context, "contested")


def appeal_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, FieldErrors):
        return _page(context, _comment(context), status=422, wrong_appeal=problem.errors["appeal"])
    return _page(context, _comment(context), status=problem.status, wrong_appeal=problem.message)


def prepare_edit(context: Context) -> Text | None:
    context.refuse_beyond("comment")
    comment, body = _comment(context), context.fields.raw("body")
    if judging.text_trouble(body) or not editing.may_edit(comment, context.settings, context.now):
        return None
    rules = judging.rules_of(context.session, comment.post, context.site, context.settings)
    text = judging.made_ready(body, comment.language, rules)
    if comment.person_id is not None:
        return text
    if context.fields.text("action") != "as-it-is":
        judging.ask_first(text)
    return judging.weighed(context.session, text, name=comment.name, website=comment.website)


def edit(context: Context) -> Response:
    comment = _comment(context)
    text: Text | None = context.prepared
    rules = text.rules if text else judging.rules_of(context.session, comment.post, context.site, context.settings)
    context.spend("comment")
    editing.edit_comment(
        context.session,
        comment,
        context.fields.raw("body"),
        rules,
        context.settings,
        text=text,
        whence=context.whence,
        now=context.now,
    )
    return _back(context, "edited")


def edit_again(context: Context, problem: FieldErrors | Refused) -> Response:
    """The text as it was sent; with an ended time of editing it stands there to be copied."""
    if isinstance(problem, FieldErrors):
        message, status = problem.errors["body"], 422
    else:
        message, status = problem.message, 409
    asks = isinstance(problem, PersonalData)
    body = context.fields.raw("body")
    return _page(context, _comment(context), status=status, body=body, problem=message, asks=asks)


def withdraw(context: Context) -> Response:
    comment = _comment(context)
    if comment.state is not State.WITHDRAWN:
        version = context.fields.number("version") or comment.version
        actions.withdraw_comment(context.session, comment, version=version, now=context.now)
    return _back(context, "withdrawn")


def follow_replies(context: Context) -> Response:
    comment = _comment(context)
    if comment.commenter is None:
        raise NotFound()
    if context.fields.text("action") == "stop":
        actions.stop_letters(context.session, comment, now=context.now)
        return _back(context, "unfollowed")
    done = actions.follow_replies(context.session, comment, comment.commenter, whence=context.whence, now=context.now)
    return _back(context, "follows" if done else "asked")


def show_confirm(context: Context) -> Response:
    comment = _comment(context, "confirm")
    return context.page("comments/confirm.html", language=comment.language, comment=comment, disowned=False)


def confirm(context: Context) -> Response:
    """The address is theirs: only now do letters about answers begin."""
    comment = _comment(context, "confirm")
    if context.fields.text("action") == "disown":
        actions.disown(context.session, comment, now=context.now)
        return context.page("comments/confirm.html", language=comment.language, comment=comment, disowned=True)
    rules = judging.rules_of(context.session, comment.post, context.site, context.settings)
    actions.confirm_address(context.session, comment, rules, whence=context.whence, now=context.now)
    token = context.house.tokens.sign("my-comment", comment.id)
    return context.redirect(f"{context.url('my_comment', token=token)}?done=confirmed")


def show_unsubscribe(context: Context) -> Response:
    subscription = _subscription(context)
    return context.page(
        "comments/unsubscribe.html", language=subscription.comment.language, ended=subscription.ended_at is not None
    )


def unsubscribe(context: Context) -> Response:
    """By the button of the page, or by the mail program itself (RFC 8058)."""
    subscription = _subscription(context)
    follow.end(context.session, subscription, now=context.now)
    return context.page("comments/unsubscribe.html", language=subscription.comment.language, ended=True)


def _open(context: Context, purpose: str) -> object:
    try:
        return context.house.tokens.open(purpose, context.path("token"))
    except BadToken as error:
        raise Refused(N_("This address is not complete, or is too old."), status=404) from error


def _comment(context: Context, purpose: str = "my-comment") -> Comment:
    comment_id = _open(context, purpose)
    comment = comments.comment_in_full(context.session, comment_id) if isinstance(comment_id, int) else None
    if comment is None:
        raise NotFound()
    return comment


def own_comment(context: Context) -> Comment:
    """The comment to whose own page this signed address leads."""
    return _comment(context)


def _subscription(context: Context) -> Subscription:
    subscription_id = _open(context, "unsubscribe")
    found = subscriptions.in_full(context.session, subscription_id) if isinstance(subscription_id, int) else None
    if found is None:
        raise NotFound()
    return found


def _back(context: Context, done: str) -> Response:
    return context.redirect(f"{context.url('my_comment', token=context.path('token'))}?done={done}")
