SHELL := /bin/sh
PYTHON ?= python3
WENFA_HOME ?= $(CURDIR)/var
export WENFA_HOME
APP := $(WENFA_HOME)/runtime/app/bin/python
ENGINE := $(WENFA_HOME)/runtime/engine/bin/python
export RASA_TELEMETRY_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench chaos eval compare faq-weights lock clean

help: ## 列出所有命令
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## 建好环境、训练（有变化才训练）、启动，打印网址；Ctrl-C 停止
	@$(PYTHON) runtimes/bootstrap.py run
	@exec ./wenfa run

test: ## 全部检查和测试，与 CI 相同
	@$(PYTHON) runtimes/bootstrap.py test
	@PYTHON=$(APP) ENGINE_PYTHON=$(ENGINE) sh tests/run.sh

lint: ## 只做格式、类型和数据检查
	@$(PYTHON) runtimes/bootstrap.py test
	@PYTHON=$(APP) ENGINE_PYTHON=$(ENGINE) sh tests/run.sh lint

format: ## 自动整理代码格式
	@$(PYTHON) runtimes/bootstrap.py test
	@$(APP) -m ruff check --fix . ; $(APP) -m ruff format .

bench: ## 测速度：16 位居民同时对话，与原版 Rasa 和空回声比
	@$(PYTHON) runtimes/bootstrap.py bench
	@$(APP) -m bench

chaos: ## 边对话边弄坏：杀进程、锁数据库、写满磁盘……最后打印账目（十分钟以内）
	@$(PYTHON) runtimes/bootstrap.py test
	@$(APP) -m tests.chaos

faq-weights: ## 重新拟合找答案的权重（问法、条目改得多了以后）
	@$(PYTHON) runtimes/bootstrap.py test
	@$(APP) -m bench.answers --fit

eval: ## 量理解得准不准、快不快（WENFA_EVAL_DIR 指到评测数据；STOCK=1 与原版 Rasa 比）
	@$(PYTHON) runtimes/bootstrap.py $(if $(STOCK),bench,test)
	@$(APP) -m bench.understanding

compare: ## 几种分类办法并排比（docs/understanding.md 里的表）
	@$(PYTHON) runtimes/bootstrap.py test
	@PYTHONPATH=$(CURDIR) $(ENGINE) -W ignore -m bench.understanding.compare

lock: ## 重新解析依赖，更新 runtimes/*.txt
	@$(PYTHON) runtimes/bootstrap.py lock

clean: ## 删掉运行环境、模型和数据库（var/）
	rm -rf $(WENFA_HOME)
