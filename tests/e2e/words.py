"""What a person reads on the pages, in both languages. A test that looks for these words sees what a person sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    language: str
    locale: str
    workspaces: str
    new_workspace: str
    create: str
    name: str
    description: str
    capacity: str
    this_machine: str
    nothing_here: str
    data_science: str
    notebook: str
    experiment: str
    model: str
    workspace: str
    new_notebook: str
    to_markdown: str
    edit_cell: str
    add_code: str
    run_cell: str
    run_all: str
    ready: str
    not_connected: str
    stop_session: str
    settings: str
    close: str
    saved: str
    view: str
    run_list: str
    run_details: str
    comparison: str
    edit_chart: str
    chart_type: str
    bar: str
    x_axis: str
    replace: str
    save_as_model: str
    save: str
    new_model: str
    model_folder: str
    model_name: str
    view_model: str
    more: str
    workspace_settings: str
    general: str
    remove: str
    removed: str
    renamed: str
    follow_tutorial: str
    open_tutorial: str
    tutorial_workspace: str
    tutorial_notebook: str


ENGLISH = Words(
    language="en",
    locale="en-US",
    workspaces="Workspaces",
    new_workspace="New workspace",
    create="Create",
    name="Name",
    description="Description",
    capacity="Capacity",
    this_machine="This machine",
    nothing_here="There is nothing here yet",
    data_science="Data Science",
    notebook="Notebook",
    experiment="Experiment",
    model="Model",
    workspace="Workspace",
    new_notebook="New notebook",
    to_markdown="Convert to markdown",
    edit_cell="Edit",
    add_code="Code",
    run_cell="Run cell",
    run_all="Run all",
    ready="Ready",
    not_connected="Not connected",
    stop_session="Stop session",
    settings="Settings",
    close="Close",
    saved="Saved",
    view="View",
    run_list="Run list",
    run_details="Run details",
    comparison="Metric comparison",
    edit_chart="Edit",
    chart_type="Visualization type",
    bar="Bar",
    x_axis="X axis",
    replace="Replace",
    save_as_model="Save run as ML model",
    save="Save",
    new_model="Create a new model",
    model_folder="model",
    model_name="Name",
    view_model="View ML model",
    more="More",
    workspace_settings="Workspace settings",
    general="General",
    remove="Remove this workspace",
    removed="was removed",
    renamed="Train and compare models",
    follow_tutorial="Follow the tutorial",
    open_tutorial="Open the tutorial",
    tutorial_workspace="Name of the workspace",
    tutorial_notebook="Diabetes tutorial",
)

KOREAN = Words(
    language="ko",
    locale="ko-KR",
    workspaces="워크스페이스",
    new_workspace="새 워크스페이스",
    create="만들기",
    name="이름",
    description="설명",
    capacity="용량",
    this_machine="이 컴퓨터",
    nothing_here="아직 아무것도 없습니다",
    data_science="데이터 과학",
    notebook="노트북",
    experiment="실험",
    model="ML 모델",
    workspace="워크스페이스",
    new_notebook="새 노트북",
    to_markdown="마크다운으로 변환",
    edit_cell="편집",
    add_code="코드",
    run_cell="셀 실행",
    run_all="모두 실행",
    ready="준비됨",
    not_connected="연결되지 않음",
    stop_session="세션 중지",
    settings="설정",
    close="닫기",
    saved="저장됨",
    view="보기",
    run_list="실행 목록",
    run_details="실행 세부 정보",
    comparison="메트릭 비교",
    edit_chart="편집",
    chart_type="시각화 유형",
    bar="막대",
    x_axis="X축",
    replace="바꾸기",
    save_as_model="실행을 모델로 저장",
    save="저장",
    new_model="새 모델 만들기",
    model_folder="model",
    model_name="이름",
    view_model="ML 모델 보기",
    more="기타 작업",
    workspace_settings="워크스페이스 설정",
    general="일반",
    remove="이 워크스페이스 제거",
    removed="제거",
    renamed="모델 학습 및 비교",
    follow_tutorial="자습서 따라 하기",
    open_tutorial="자습서 열기",
    tutorial_workspace="워크스페이스 이름",
    tutorial_notebook="당뇨병 자습서",
)
