"""Everything that grading an assignment needs, started in the right order."""

from collections.abc import Callable

from autograder.course.course import Course
from autograder.isolation.grader.host import Zygote


def with_pool(
    course: Course, assignment: str, device: str, seed: int | None, jobs: int | None, work: Callable
) -> None:
    """Call `work` with a Pool, in which the zygote, the suite and the processes are ready.

    The zygote starts first: a command starts again with torch, which both then have; else both import it at once.
    """
    policy = course.policy.assignment(assignment)
    seed = course.seed(assignment) if seed is None else seed
    kind = {"hash_seed": seed, "optimizers": course.uses_optimizers(assignment)}
    Zygote.fork_off(**kind)
    with Zygote(**kind) as zygote:
        from autograder.grading.grader import Grader
        from autograder.grading.pool import Pool, available_jobs
        from autograder.grading.suite import with_suite
        from autograder.isolation.grader import levels

        def start(suite) -> None:
            secret = next(iter(sorted(course.hidden(assignment).glob("*.py"))), policy.file)
            level = levels.measure(zygote, secret)
            levels.require(level, policy.isolation, assignment)
            with Pool(
                Grader(course, suite, zygote, level, device), jobs or available_jobs()
            ) as pool:
                work(pool)

        with_suite(course, policy, seed, start)
