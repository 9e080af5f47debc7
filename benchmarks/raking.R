# Raking of bootstrap replicates with the R package survey, for benchmarks/raking.py.
# Rscript raking.R ANSWERS.csv MARGINS.csv REPLICATES: prints the seconds that making and raking them took, by calibrate()
# with calfun = "raking" (Newton steps in each replicate) and by rake() (proportional fitting).
suppressMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(arguments[1], stringsAsFactors = TRUE)
margins <- read.csv(arguments[2])
replicates <- as.integer(arguments[3])
set.seed(1)
variables <- unique(margins$variable)
population <- sum(margins$total[margins$variable == variables[1]])
answers$base <- population / nrow(answers)
drawn <- function() {
  as.svrepdesign(svydesign(ids = ~1, weights = ~base, data = answers), type = "subbootstrap", replicates = replicates)
}
frame_of <- function(variable) {
  own <- margins[margins$variable == variable, ]
  setNames(data.frame(own$category, own$total), c(variable, "Freq"))
}
by_calibrate <- function() {
  totals <- c("(Intercept)" = population)
  for (variable in variables) {
    own <- frame_of(variable)
    named <- setNames(own$Freq, paste0(variable, own[[1]]))
    totals <- c(totals, named[paste0(variable, levels(answers[[variable]])[-1])])
  }
  calibrate(drawn(), reformulate(variables), totals, calfun = "raking", epsilon = 1e-8, maxit = 500)
}
by_rake <- function() {
  formulas <- lapply(variables, function(variable) reformulate(variable))
  rake(drawn(), formulas, lapply(variables, frame_of), control = list(maxit = 500, epsilon = 1e-8 * population))
}
start <- proc.time()[["elapsed"]]
weights <- weights(by_calibrate(), "analysis")
newton <- proc.time()[["elapsed"]] - start
worst <- 0
for (variable in variables) {
  own <- frame_of(variable)
  sums <- tapply(weights[, replicates], answers[[variable]], sum)
  worst <- max(worst, abs(sums[own[[1]]] / own$Freq - 1))
}
start <- proc.time()[["elapsed"]]
invisible(by_rake())
proportional <- proc.time()[["elapsed"]] - start
cat(newton, proportional, worst, as.character(packageVersion("survey")), R.version$major, R.version$minor, "\n")
