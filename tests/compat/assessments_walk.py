"""What someone who judges traces does: log, read, change, override and delete assessments, search, and evaluate."""

from typing import Any

import mlflow
import mlflow.genai
from mlflow.entities import AssessmentError, AssessmentSource, Expectation, Feedback
from mlflow.genai import scorer

experiment_id = mlflow.set_experiment("judged").experiment_id
judge: Any = mlflow  # its own types say that what was kept may have no id
human = AssessmentSource(source_type="HUMAN", source_id="kim@example.com")


@mlflow.trace
def answer(question: str) -> str:
    return question.upper()


answer("why?")
trace_id = str(mlflow.get_last_active_trace_id())
mlflow.flush_trace_async_logging()

good = judge.log_feedback(
    trace_id=trace_id, name="good", value=True, source=human, rationale="it is", metadata={"page": "2"}
)
score = judge.log_feedback(trace_id=trace_id, name="score", value=4.5)
parts = judge.log_feedback(trace_id=trace_id, name="parts", value={"traceId": 1.0, "tags": [True, "x"]})
failed = judge.log_feedback(trace_id=trace_id, name="failed", error=AssessmentError("TIMEOUT", "too slow"))
expected = judge.log_expectation(trace_id=trace_id, name="answer", value=["WHY?", {"n": 1}], source=human)
logged = judge.log_assessment(trace_id, Feedback(name="verdict", value="yes", source=human))

kept = judge.get_assessment(trace_id, good.assessment_id)
assert isinstance(kept, Feedback)
assert (kept.value, kept.rationale, kept.metadata, kept.source) == (True, "it is", {"page": "2"}, human)
assert kept.create_time_ms == good.create_time_ms
assert judge.get_assessment(trace_id, parts.assessment_id).value == {"traceId": 1.0, "tags": [True, "x"]}
assert judge.get_assessment(trace_id, failed.assessment_id).error.error_message == "too slow"
assert judge.get_assessment(trace_id, expected.assessment_id).value == ["WHY?", {"n": 1}]

changed = judge.update_assessment(
    trace_id, good.assessment_id, Feedback(name="good", value=False, rationale="no longer", metadata={"line": "3"})
)
assert (changed.value, changed.rationale) == (False, "no longer")
assert changed.metadata == {"page": "2", "line": "3"}
judge.update_assessment(trace_id, expected.assessment_id, Expectation(name="answer", value="WHY?"))
assert judge.get_assessment(trace_id, expected.assessment_id).value == "WHY?"
second = judge.override_feedback(trace_id=trace_id, assessment_id=logged.assessment_id, value="no", source=human)
assert judge.get_assessment(trace_id, logged.assessment_id).valid is False


def found(filter_string: str) -> list[str]:
    traces = mlflow.search_traces(locations=[experiment_id], filter_string=filter_string, return_type="list")
    return [trace.info.trace_id for trace in traces]


assert found("feedback.good = 'false' AND feedback.score > 4") == [trace_id]
assert found("feedback.verdict = 'yes'") == []
assert found("feedback.verdict = 'no'") == [trace_id]
assert found("expectation.answer LIKE 'WHY%'") == [trace_id]
judge.delete_assessment(trace_id, second.assessment_id)
assert found("feedback.verdict = 'yes'") == [trace_id]
info = mlflow.get_trace(trace_id).info
assert [each.name for each in info.assessments] == ["good", "score", "parts", "failed", "answer", "verdict"]


@scorer
def exact(outputs: str, expectations: dict[str, Any]) -> bool:
    return bool(outputs == expectations["expected_response"])


@scorer
def length(outputs: str) -> Feedback:
    return Feedback(value=len(outputs), rationale=f"{len(outputs)} letters")


@scorer
def broken(outputs: str) -> int:
    raise ValueError("cannot say")


questions = ["why?", "how?", "when?"]
data = [{"inputs": {"question": q}, "expectations": {"expected_response": q.upper()}} for q in questions[:2]]
data.append({"inputs": {"question": "when?"}, "expectations": {"expected_response": "never"}})
result = mlflow.genai.evaluate(data=data, predict_fn=answer, scorers=[exact, length, broken])
assert result.metrics["exact/mean"] == 2 / 3, result.metrics
evaluated = mlflow.search_traces(run_id=result.run_id, locations=[experiment_id], return_type="list")
assert len(evaluated) == 3
said: dict[str, dict[str, Any]] = {}
for trace in evaluated:
    question = trace.data.spans[0].inputs["question"]
    said[question] = {each.name: each for each in trace.info.assessments}
for question in questions:
    of = said[question]
    assert set(of) == {"expected_response", "exact", "length", "broken"}, of
    assert of["length"].value == len(question)
    assert of["length"].rationale == f"{len(question)} letters"
    assert of["exact"].value == (question != "when?")
    assert "cannot say" in of["broken"].error.error_message
    assert of["expected_response"].value == ("never" if question == "when?" else question.upper())
assert len(found("feedback.exact = 'true'")) == 2
print("walked assessments")
