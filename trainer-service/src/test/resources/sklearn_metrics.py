"""Figures of probabilities and labels by scikit-learn: reads a JSON file, prints JSON."""
import json
import sys

import numpy
from sklearn import metrics

case = json.load(open(sys.argv[1]))
probabilities = numpy.array(case["probabilities"], dtype=numpy.float64)
labels = numpy.array(case["labels"])
positive = case["positive"]
decided = probabilities.argmax(axis=1)
classes = list(range(probabilities.shape[1]))
matrix = metrics.confusion_matrix(labels, decided, labels=classes)
precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, decided, labels=classes, zero_division=0)
# Not defined without images of the class, an area not without others either.
auc = [metrics.roc_auc_score(labels == k, probabilities[:, k]) if 0 < (labels == k).sum() < len(labels) else None for k in classes]
average = [metrics.average_precision_score(labels == k, probabilities[:, k]) if (labels == k).any() else None for k in classes]
two = len(classes) == 2
print(json.dumps({
    "accuracy": metrics.accuracy_score(labels, decided),
    "balancedAccuracy": metrics.balanced_accuracy_score(labels, decided),
    "macroF1": metrics.f1_score(labels, decided, labels=classes, average="macro", zero_division=0),
    "logLoss": metrics.log_loss(labels, probabilities, labels=classes, eps=1e-15),
    "auc": auc[positive] if two else None if None in auc else metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"),
    "averagePrecision": average[positive] if two else None if None in average else sum(average) / len(average),
    "confusion": matrix.tolist(),
    "perClass": [
        {
            "precision": precision[k],
            "recall": recall[k],
            "f1": f1[k],
            "specificity": metrics.recall_score(labels != k, decided != k, zero_division=0),
            "averagePrecision": average[k],
            "rocAuc": auc[k],
        }
        for k in classes
    ],
}))
