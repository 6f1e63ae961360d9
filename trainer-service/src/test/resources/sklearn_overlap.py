"""Overlap of masks by scikit-learn: reads a JSON file of flat masks by image, prints JSON."""
import json
import sys

import numpy
from sklearn import metrics

case = json.load(open(sys.argv[1]))
truths = numpy.array(case["truths"])
decisions = numpy.array(case["decisions"])
classes = list(range(case["classes"]))


def per_class(score, truth, decided):
    return score(truth, decided, labels=classes, average=None, zero_division=1)


dice = numpy.mean([per_class(metrics.f1_score, t, d) for t, d in zip(truths, decisions)], axis=0)
iou = numpy.mean([per_class(metrics.jaccard_score, t, d) for t, d in zip(truths, decisions)], axis=0)
dice_overall = per_class(metrics.f1_score, truths.ravel(), decisions.ravel())
iou_overall = per_class(metrics.jaccard_score, truths.ravel(), decisions.ravel())
print(json.dumps({
    "dice": dice.tolist(),
    "iou": iou.tolist(),
    "diceOverall": dice_overall.tolist(),
    "iouOverall": iou_overall.tolist(),
}))
