"""物业服务质量考评, from the method to the final score (clause 四（四）4)."""

from evaluations.services.appraisals.opening import still_running
from evaluations.services.appraisals.results import FinalScore, final_scores_of

__all__ = ["FinalScore", "final_scores_of", "still_running"]
