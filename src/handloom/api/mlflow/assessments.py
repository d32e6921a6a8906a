"""MLflow's endpoints for assessments of traces: create, get, update and delete."""

from __future__ import annotations

import msgspec

from handloom.api.mlflow.assessment_replies import AssessmentIn, AssessmentReply, assessment_of, change, reply
from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Route, read, write
from handloom.domain import assessments as rules
from handloom.store.engine.database import Read, Write
from handloom.store.traces import assessments


class CreateAssessment(msgspec.Struct):
    trace_id: str = ""
    assessment: AssessmentIn | None = None


class UpdateAssessment(msgspec.Struct):
    trace_id: str = ""
    assessment_id: str = ""
    assessment: AssessmentIn | None = None
    update_mask: str = ""


class AssessmentById(msgspec.Struct):
    trace_id: str = ""
    assessment_id: str = ""


class OneAssessmentReply(Reply):
    assessment: AssessmentReply


def create(tx: Write, context: Context, request: CreateAssessment) -> OneAssessmentReply:
    assert request.assessment is not None
    given = assessment_of(request.assessment, request.trace_id, request.assessment.assessment_id or rules.new_id())
    return OneAssessmentReply(reply(assessments.log(tx, context.workspace, given)))


def get(tx: Read, context: Context, request: AssessmentById) -> OneAssessmentReply:
    return OneAssessmentReply(reply(assessments.get(tx, context.workspace, request.trace_id, request.assessment_id)))


def update(tx: Write, context: Context, request: UpdateAssessment) -> OneAssessmentReply:
    assert request.assessment is not None
    wanted = change(request.assessment, request.update_mask)
    return OneAssessmentReply(
        reply(assessments.change(tx, context.workspace, request.trace_id, request.assessment_id, wanted))
    )


def delete(tx: Write, context: Context, request: AssessmentById) -> None:
    assessments.remove(tx, context.workspace, request.trace_id, request.assessment_id)


_ALL = "mlflow/traces/{trace_id}/assessments"
_ONE = f"{_ALL}/{{assessment_id}}"

ROUTES: list[Route] = [
    write("POST", _ALL, create, required=("assessment",)),
    read("GET", _ONE, get),
    write("PATCH", _ONE, update, required=("assessment", "update_mask")),
    write("DELETE", _ONE, delete),
]
