import time
def test_a(whole):
    lab, s = whole
    t=time.process_time(); lab.run(pipeline_names=["label_prediction","reranking","evaluation"]); print("CPU downstream", time.process_time()-t)
    t=time.process_time(); lab.run(pipeline_names=["reranking"], namespaces=["v2_clean"]); print("CPU rr", time.process_time()-t)
