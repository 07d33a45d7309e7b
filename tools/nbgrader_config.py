"""nbgrader's settings for a course with this book; tools/teach.py puts them into its folder."""

from nbgrader.preprocessors import DeduplicateIds

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "cnnbook"
# where the solution was: a name stays `...`, a function gives None
c.ClearSolutions.code_stub = {"python": "...  # your code here"}
c.Execute.timeout = 60  # seconds for one cell of a submission
# feedback does not show the hidden tests of those that were passed
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
# nbgrader zip_collect: names like Moodle's, <student>_…_1_filters.ipynb, with or without "(1)"
c.FileNameCollectorPlugin.named_regexp = (
    r".*/(?P<student_id>[^/_]+)_(.*_)?(?P<file_id>\d_[a-z]+)( ?\(\d+\))?\.ipynb$"
)

# A copied or split answer cell becomes a plain cell. (nbgrader 0.9 leaves {} as its mark, takes
# that for a notebook of an old version, and stops, with the students after it ungraded.)
deduplicate = DeduplicateIds.preprocess_cell


def plain(self, cell, resources, index):
    cell, resources = deduplicate(self, cell, resources, index)
    if cell.metadata.get("nbgrader") == {}:
        del cell.metadata["nbgrader"]
    return cell, resources


DeduplicateIds.preprocess_cell = plain
